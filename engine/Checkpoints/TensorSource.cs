using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Checkpoints;

/// <summary>A named tensor that a writer asks for piece by piece, so that no second copy of it is ever in memory.</summary>
/// <param name="name">Its name in the file.</param>
/// <param name="type">Type of the elements that <see cref="Read"/> delivers.</param>
/// <param name="shape">Its extents.</param>
public abstract class TensorSource(string name, DType type, Shape shape)
{
    /// <summary>Gets the name in the file.</summary>
    public string Name { get; } = name;

    /// <summary>Gets the type of the elements that <see cref="Read"/> delivers.</summary>
    public DType Type { get; } = type;

    /// <summary>Gets the extents.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>Takes a tensor of a device; it is copied when it is written.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="device">The device.</param>
    /// <param name="tensor">The tensor.</param>
    /// <returns>The source.</returns>
    public static TensorSource FromDevice(string name, Device device, Tensor tensor) => new DeviceSource(name, device, tensor);

    /// <summary>Takes an array of the host.</summary>
    /// <typeparam name="T">The element type, of the size of <paramref name="type"/>.</typeparam>
    /// <param name="name">Its name in the file.</param>
    /// <param name="type">What the elements are.</param>
    /// <param name="values">The elements, row-major.</param>
    /// <param name="extents">The extents; none for a scalar.</param>
    /// <returns>The source.</returns>
    /// <exception cref="ArgumentException">Extents and number of values contradict each other.</exception>
    public static TensorSource FromArray<T>(string name, DType type, T[] values, params ReadOnlySpan<long> extents)
        where T : unmanaged
    {
        Shape shape = new(extents);
        return shape.Count * type.Size() == MemoryMarshal.AsBytes(values.AsSpan()).Length
            ? new ArraySource<T>(name, type, shape, values)
            : throw new ArgumentException($"Tensor '{name}' of {type} {shape} needs {shape.Count} elements, not {values.Length}.", nameof(values));
    }

    /// <summary>Copies elements to the host.</summary>
    /// <param name="start">First element, in row-major order.</param>
    /// <param name="destination">A whole number of elements of <see cref="Type"/>.</param>
    public abstract void Read(long start, Span<byte> destination);

    /// <summary>Copies elements out in another type.</summary>
    /// <param name="start">The first element.</param>
    /// <param name="own">Receives them in <see cref="Type"/>.</param>
    /// <param name="destination">Receives them in the other type, rounded.</param>
    /// <param name="to">The other type.</param>
    /// <exception cref="InvalidDataException">A finite value is too large for half precision; the message names tensor, place and value.</exception>
    internal void ReadAs(long start, Span<byte> own, Span<byte> destination, DType to)
    {
        Read(start, own);
        Elements.Convert(own, Type, destination, to);
        if (to != DType.F16 || Type == DType.F16 || System.Numerics.Tensors.TensorPrimitives.IsFiniteAll<Half>(MemoryMarshal.Cast<byte, Half>(destination)))
        {
            return;
        }

        Span<Half> halves = MemoryMarshal.Cast<byte, Half>(destination);
        for (int i = 0; i < halves.Length; i++)
        {
            float value = 0;
            Elements.Convert(own.Slice(i * Type.Size(), Type.Size()), Type, MemoryMarshal.AsBytes(new Span<float>(ref value)), DType.F32);
            if (!Half.IsFinite(halves[i]) && float.IsFinite(value))
            {
                throw new InvalidDataException(FormattableString.Invariant($"{Name} holds {value} at element {start + i}, but F16 ends at {Half.MaxValue}; save as BF16 or F32."));
            }
        }
    }

    /// <summary>Refuses a tensor that another type cannot hold, without writing it.</summary>
    /// <param name="to">The type that it is to be saved in.</param>
    /// <exception cref="InvalidDataException">See <see cref="ReadAs"/>.</exception>
    internal void RequireFits(DType to)
    {
        const int Chunk = 1 << 18;
        if (to != DType.F16)
        {
            return;
        }

        int most = (int)Math.Min(Chunk, Shape.Count);
        byte[] own = new byte[most * Type.Size()], half = new byte[most * to.Size()];
        for (long start = 0; start < Shape.Count; start += most)
        {
            int count = (int)Math.Min(most, Shape.Count - start);
            ReadAs(start, own.AsSpan(0, count * Type.Size()), half.AsSpan(0, count * to.Size()), to);
        }
    }

    private sealed class DeviceSource(string name, Device device, Tensor tensor) : TensorSource(name, tensor.Type, tensor.Shape)
    {
        public override void Read(long start, Span<byte> destination) =>
            device.CopyToHost(destination, tensor.View(tensor.Count).Slice(start, destination.Length / Type.Size()));
    }

    private sealed class ArraySource<T>(string name, DType type, Shape shape, T[] values) : TensorSource(name, type, shape)
        where T : unmanaged
    {
        public override void Read(long start, Span<byte> destination) =>
            MemoryMarshal.AsBytes(values.AsSpan()).Slice(checked((int)(start * Type.Size())), destination.Length).CopyTo(destination);
    }
}
