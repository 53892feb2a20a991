using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace LlavaCuda.Ops.Cpu;

/// <summary>
/// Vectors at the end of a row, and sums in a fixed order. Sums have 16 lanes on every processor (narrower ones compute a <see cref="Vector512{T}"/> in parts, no slower
/// than their own vectors), so that the order of additions is the same everywhere.
/// </summary>
internal static unsafe class Lanes
{
    internal const int Count = 16;

    /// <summary>The next lanes of a row of which so many elements remain; zeros behind its end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Load(float* source, long remaining) => remaining >= Count ? Vector512.Load(source) : LoadPart<Vector512<float>>(source, remaining);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(float* target, long remaining, Vector512<float> value)
    {
        if (remaining >= Count)
        {
            value.Store(target);
        }
        else
        {
            StorePart(target, remaining, value);
        }
    }

    /// <summary>Zeros in place of the lanes behind the end of the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Keep(Vector512<float> value, long remaining) =>
        remaining >= Count ? value : Vector512.ConditionalSelect(Vector512.LessThan(Vector512<float>.Indices, Vector512.Create((float)remaining)), value, Vector512<float>.Zero);

    /// <summary>The next elements for elementwise work, in vectors of the processor's own width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> LoadNative(float* source, long remaining) =>
        remaining >= Vector<float>.Count ? Vector.Load(source) : LoadPart<Vector<float>>(source, remaining);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreNative(float* target, long remaining, Vector<float> value)
    {
        if (remaining >= Vector<float>.Count)
        {
            value.Store(target);
        }
        else
        {
            StorePart(target, remaining, value);
        }
    }

    /// <summary>The sum of the lanes, always in the same order.</summary>
    internal static float Sum(Vector512<float> value)
    {
        Vector256<float> eight = value.GetLower() + value.GetUpper();
        Vector128<float> four = eight.GetLower() + eight.GetUpper();
        Vector64<float> two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }

    /// <summary>The sum of two rows; the target may be one of them.</summary>
    internal static void Add(float* target, float* left, float* right, long count)
    {
        for (long i = 0; i < count; i += Count)
        {
            Store(target + i, count - i, Load(left + i, count - i) + Load(right + i, count - i));
        }
    }

    internal static void Copy(float* target, float* source, long count) => Buffer.MemoryCopy(source, target, count * sizeof(float), count * sizeof(float));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static T LoadPart<T>(float* source, long remaining)
        where T : unmanaged
    {
        T value = default;
        Unsafe.CopyBlockUnaligned(&value, source, (uint)remaining * sizeof(float));
        return value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StorePart<T>(float* target, long remaining, T value)
        where T : unmanaged => Unsafe.CopyBlockUnaligned(target, &value, (uint)remaining * sizeof(float));
}
