using System.Runtime.InteropServices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>Scratch memory of one thread: grows to the most that was asked for, and is freed after the thread's end.</summary>
internal sealed unsafe class ThreadScratch
{
    [ThreadStatic]
    private static ThreadScratch? _ofThisThread;

    private float* _floats;
    private long _count;

    private ThreadScratch()
    {
    }

    ~ThreadScratch() => NativeMemory.AlignedFree(_floats);

    /// <summary>Gives the calling thread room for so many floats, undefined and valid until its next call.</summary>
    internal static float* Floats(long count)
    {
        ThreadScratch scratch = _ofThisThread ??= new ThreadScratch();
        if (count > scratch._count)
        {
            NativeMemory.AlignedFree(scratch._floats);
            scratch._floats = null;
            scratch._count = 0;
            scratch._floats = (float*)NativeMemory.AlignedAlloc((nuint)count * sizeof(float), 64);
            scratch._count = count;
        }

        return scratch._floats;
    }

    /// <summary>Cuts a piece off at a cache line. Cutting from null measures: the pointer left over is the size.</summary>
    internal static float* Take(ref float* rest, long count)
    {
        float* piece = rest;
        rest += (count + 15) / 16 * 16;
        return piece;
    }
}
