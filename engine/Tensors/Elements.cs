using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace LlavaCuda.Tensors;

/// <summary>Conversion of element types, vectorised. To narrower floating types it rounds to nearest, ties to even; 64-bit values pass through single precision.</summary>
internal static class Elements
{
    private const int Chunk = 8192;

    /// <summary>Whether values of this type are floating-point numbers.</summary>
    internal static bool IsFloat(DType type) => type is DType.F32 or DType.BF16 or DType.F16 or DType.F64;

    /// <summary>
    /// Converts as many elements as the destination holds. To F32, BF16 and F16 from every type; to any other type only from itself. The source of a widening may be the end of
    /// the destination: elements are read before their places are written.
    /// </summary>
    internal static void Convert(ReadOnlySpan<byte> source, DType from, Span<byte> destination, DType to)
    {
        if (from == to)
        {
            source.CopyTo(destination);
        }
        else if (to == DType.F32)
        {
            ToSingle(source, from, MemoryMarshal.Cast<byte, float>(destination));
        }
        else if (from == DType.F32)
        {
            FromSingle(MemoryMarshal.Cast<byte, float>(source), destination, to);
        }
        else
        {
            float[] between = ArrayPool<float>.Shared.Rent(Chunk);
            int count = destination.Length / to.Size();
            for (int start = 0; start < count; start += Chunk)
            {
                Span<float> part = between.AsSpan(0, Math.Min(Chunk, count - start));
                ToSingle(source.Slice(start * from.Size(), part.Length * from.Size()), from, part);
                FromSingle(part, destination.Slice(start * to.Size(), part.Length * to.Size()), to);
            }

            ArrayPool<float>.Shared.Return(between);
        }
    }

    /// <summary>Finds the first floating-point number that is NaN or infinite: all bits of its exponent are set.</summary>
    /// <returns>Its place, or -1.</returns>
    internal static int IndexOfNonFinite(ReadOnlySpan<byte> values, DType type) => type switch
    {
        DType.F32 => IndexOfSet(MemoryMarshal.Cast<byte, uint>(values), 0x7F80_0000u),
        DType.BF16 => IndexOfSet(MemoryMarshal.Cast<byte, ushort>(values), (ushort)0x7F80),
        DType.F16 => IndexOfSet(MemoryMarshal.Cast<byte, ushort>(values), (ushort)0x7C00),
        DType.F64 => IndexOfSet(MemoryMarshal.Cast<byte, ulong>(values), 0x7FF0_0000_0000_0000ul),
        _ => -1,
    };

    private static int IndexOfSet<T>(ReadOnlySpan<T> values, T bits)
        where T : unmanaged, IBinaryInteger<T>
    {
        Vector<T> all = new(bits);
        int i = 0;
        while (i <= values.Length - Vector<T>.Count && !Vector.EqualsAny(new Vector<T>(values[i..]) & all, all))
        {
            i += Vector<T>.Count;
        }

        for (; i < values.Length; i++)
        {
            if ((values[i] & bits) == bits)
            {
                return i;
            }
        }

        return -1;
    }

    private static void ToSingle(ReadOnlySpan<byte> source, DType from, Span<float> destination)
    {
        switch (from)
        {
            case DType.F32: MemoryMarshal.Cast<byte, float>(source).CopyTo(destination); break;
            case DType.BF16: Widen(MemoryMarshal.Cast<byte, ushort>(source), destination); break;
            case DType.F16: TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination); break;
            case DType.F64: TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(source), destination); break;
            case DType.I64: TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, long>(source), destination); break;
            case DType.I32: TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, int>(source), destination); break;
            case DType.I16: TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, short>(source), destination); break;
            case DType.I8: TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, sbyte>(source), destination); break;
            default: TensorPrimitives.ConvertTruncating(source, destination); break;
        }
    }

    private static void FromSingle(ReadOnlySpan<float> source, Span<byte> destination, DType to)
    {
        switch (to)
        {
            case DType.BF16: Narrow(source, MemoryMarshal.Cast<byte, ushort>(destination)); break;
            case DType.F16: TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination)); break;
            default: throw new ArgumentException($"Values cannot be converted to {to}; expected F32, BF16 or F16.", nameof(to));
        }
    }

    private static void Widen(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(destination);
        int i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            Vector.ShiftLeft(low, 16).CopyTo(bits[i..]);
            Vector.ShiftLeft(high, 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
        {
            bits[i] = (uint)source[i] << 16;
        }
    }

    private static void Narrow(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(source);
        int i = 0;
        for (; i <= bits.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector<uint> low = Rounded(new Vector<uint>(bits[i..]));
            Vector<uint> high = Rounded(new Vector<uint>(bits[(i + Vector<uint>.Count)..]));
            Vector.Narrow(low, high).CopyTo(destination[i..]);
        }

        for (; i < bits.Length; i++)
        {
            // A NaN whose payload lies in the lower half must not become infinity.
            destination[i] = (ushort)((bits[i] & 0x7FFFFFFF) > 0x7F800000 ? (bits[i] >> 16) | 0x40 : (bits[i] + 0x7FFF + ((bits[i] >> 16) & 1)) >> 16);
        }
    }

    private static Vector<uint> Rounded(Vector<uint> bits)
    {
        Vector<uint> upper = Vector.ShiftRightLogical(bits, 16);
        Vector<uint> rounded = Vector.ShiftRightLogical(bits + new Vector<uint>(0x7FFF) + (upper & Vector<uint>.One), 16);
        Vector<uint> isNaN = Vector.GreaterThan(bits & new Vector<uint>(0x7FFFFFFF), new Vector<uint>(0x7F800000));
        return Vector.ConditionalSelect(isNaN, upper | new Vector<uint>(0x40), rounded);
    }
}
