using System.Runtime.InteropServices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>The memory that a thread rearranges operands in: bounded, allocated when the thread first needs it and freed after the thread's end.</summary>
internal sealed unsafe class PackBuffer
{
    /// <summary>Longest run of K that one pass sums: the panel of B that a tile kernel reads again and again then stays in a second-level cache.</summary>
    internal const long MaxDepth = 512;

    /// <summary>Floats of a block of A: 2 MiB, so that it stays in a third-level cache; 1024 rows fit with every height of panels.</summary>
    internal const long BlockFloats = 1050 * MaxDepth;

    private const long PanelFloats = GemmKernel.MaxColumns * MaxDepth;

    [ThreadStatic]
    private static PackBuffer? _ofThisThread;

    private PackBuffer()
    {
        Block = (float*)NativeMemory.AlignedAlloc((nuint)(BlockFloats + PanelFloats) * sizeof(float), 64);
        Panel = Block + BlockFloats;
    }

    ~PackBuffer() => NativeMemory.AlignedFree(Block);

    /// <summary>Gets the calling thread's buffer. A product called inside a job's body thus never meets another thread's.</summary>
    internal static PackBuffer OfThisThread => _ofThisThread ??= new PackBuffer();

    /// <summary>Gets the place of a block of A, which all threads fill and read.</summary>
    internal float* Block { get; }

    /// <summary>Gets the place of one panel of B, which its own thread alone uses.</summary>
    internal float* Panel { get; }
}
