using System.Runtime.InteropServices;
using LlavaCuda.Formats;
using LlavaCuda.Tensors;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// One tensor of a weight file. Its elements stay in the file until they are read; reading after the file was disposed fails.
/// </summary>
public sealed class StoredTensor
{
    private readonly MappedFile _file;
    private readonly long _offset;
    private readonly long[]? _strides;

    internal StoredTensor(MappedFile file, string name, DType type, Shape shape, long offset, long[]? strides = null)
    {
        _file = file;
        _offset = offset;
        _strides = strides;
        Name = name;
        Type = type;
        Shape = shape;
    }

    /// <summary>Gets the name in the file.</summary>
    public string Name { get; }

    /// <summary>Gets the path of the file.</summary>
    public string File => _file.Path;

    /// <summary>Gets the type of the elements in the file.</summary>
    public DType Type { get; }

    /// <summary>Gets the extents; a scalar has none.</summary>
    public Shape Shape { get; }

    /// <summary>Gets the size of all elements in bytes.</summary>
    public long Bytes => Shape.Count * Type.Size();

    /// <summary>Gets where the elements begin in the file; neighbours in the file are best read in this order.</summary>
    internal long Offset => _offset;

    /// <summary>Gets what compares the bytes with a checksum, the first time that it is called, or null where the file has none.</summary>
    internal Action? Check { get; init; }

    /// <summary>Reads elements in row-major order and converts them.</summary>
    /// <param name="destination">As many bytes as the elements wanted take in <paramref name="type"/>.</param>
    /// <param name="type">The type wanted: F32, BF16, F16 (rounded to nearest even), or the file's own.</param>
    /// <param name="start">First element.</param>
    /// <exception cref="ArgumentException">The range is not inside the tensor, or the type cannot be converted to.</exception>
    /// <exception cref="InvalidDataException">The bytes do not agree with the file's checksum.</exception>
    public void Read(Span<byte> destination, DType type, long start = 0)
    {
        int count = destination.Length / type.Size();
        if (start < 0 || start > Shape.Count - count || destination.Length % type.Size() != 0)
        {
            throw new ArgumentException($"Tensor '{Name}' of {File} is {Type} {Shape}: {destination.Length} bytes of {type} from element {start} are not inside it.");
        }

        Check?.Invoke();
        if (_strides is null)
        {
            Elements.Convert(Raw(start, count), Type, destination, type);
        }
        else
        {
            byte[] gathered = new byte[checked(count * Type.Size())];
            Gather(gathered, start, count);
            Elements.Convert(gathered, Type, destination, type);
        }
    }

    /// <summary>Reads all elements in single precision.</summary>
    /// <returns>A new array, row-major.</returns>
    public float[] ToFloats()
    {
        float[] values = new float[Shape.Count];
        Read(MemoryMarshal.AsBytes(values.AsSpan()), DType.F32);
        return values;
    }

    /// <summary>Reads all elements of a tensor of integers.</summary>
    /// <returns>A new array, row-major.</returns>
    /// <exception cref="InvalidDataException">The tensor holds no integers.</exception>
    public long[] ToIntegers()
    {
        if (Elements.IsFloat(Type))
        {
            throw _file.Bad($"tensor '{Name}' is {Type}; expected integers.");
        }

        byte[] bytes = new byte[Bytes];
        Read(bytes, Type);
        return Type switch
        {
            DType.I64 => MemoryMarshal.Cast<byte, long>(bytes).ToArray(),
            DType.I32 => Array.ConvertAll(MemoryMarshal.Cast<byte, int>(bytes).ToArray(), static v => (long)v),
            DType.I16 => Array.ConvertAll(MemoryMarshal.Cast<byte, short>(bytes).ToArray(), static v => (long)v),
            DType.I8 => Array.ConvertAll(MemoryMarshal.Cast<byte, sbyte>(bytes).ToArray(), static v => (long)v),
            _ => Array.ConvertAll(bytes, static v => (long)v),
        };
    }

    /// <summary>Looks at elements where they lie, if they lie there in row-major order.</summary>
    internal bool TryView(long start, int count, out ReadOnlySpan<byte> bytes)
    {
        Check?.Invoke();
        bytes = _strides is null ? Raw(start, count) : default;
        return _strides is null;
    }

    private ReadOnlySpan<byte> Raw(long start, int count) => _file.Span(checked(_offset + (start * Type.Size())), checked(count * Type.Size()));

    // The whole range of a strided tensor was checked against its storage when the file was opened; that each element lies inside the file
    // is checked again,
    // since a mistake there would read memory that is not the file's.
    private void Gather(Span<byte> destination, long start, int count)
    {
        int size = Type.Size();
        try
        {
            for (int i = 0; i < count; i++)
            {
                long rest = start + i, element = 0;
                for (int dimension = Shape.Rank - 1; dimension >= 0; dimension--)
                {
                    (rest, long index) = Math.DivRem(rest, Shape[dimension]);
                    element = checked(element + (index * _strides![dimension]));
                }

                _file.Span(checked(_offset + (element * size)), size).CopyTo(destination.Slice(i * size, size));
            }
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException)
        {
            throw _file.Bad($"tensor {Quoted.Name(Name)} {Shape} reaches outside the file.");
        }
    }
}
