using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using unsafe TileCode = delegate*<float*, float*, long, long, float*, long, float*, bool, void>;

namespace LlavaCuda.Ops.Cpu;

/// <summary>A family of inner kernels for one instruction set: the size of its tiles and its code.</summary>
internal sealed unsafe class GemmKernel
{
    /// <summary>Width of the widest tile of all families.</summary>
    internal const int MaxColumns = TileAvx512.Columns;

    /// <summary>Elements of the largest tile of all families.</summary>
    internal const int MaxTile = TileAvx512.Rows * TileAvx512.Columns;

    /// <summary>For processors with AVX-512.</summary>
    internal static readonly GemmKernel Avx512 = new()
    {
        IsSupported = Vector512.IsHardwareAccelerated && Avx512F.IsSupported,
        Rows = TileAvx512.Rows,
        Columns = TileAvx512.Columns,
        Tile = &TileAvx512.Run,
        ShortRows = TileAvx512Short.Rows,
        ShortTile = &TileAvx512Short.Run,
        Dots = &DotKernel.Run<Width512, Vector512<float>>,
    };

    /// <summary>For processors with AVX2 and FMA.</summary>
    internal static readonly GemmKernel Avx2 = new()
    {
        IsSupported = System.Runtime.Intrinsics.X86.Avx2.IsSupported && Fma.IsSupported,
        Rows = TileAvx2.Rows,
        Columns = TileAvx2.Columns,
        Tile = &TileAvx2.Run,
        Dots = &DotKernel.Run<Width256, Vector256<float>>,
    };

    /// <summary>For every processor; made for the 32 registers of Arm's AdvSimd.</summary>
    internal static readonly GemmKernel Portable = new()
    {
        IsSupported = true,
        Rows = TilePortable.Rows,
        Columns = TilePortable.Columns,
        Tile = &TilePortable.Run,
        Dots = &DotKernel.Run<Width128, Vector128<float>>,
    };

    /// <summary>The best family on this processor; DOTNET_EnableAVX512=0 and DOTNET_EnableAVX2=0 hold here too.</summary>
    internal static readonly GemmKernel Best = Avx512.IsSupported ? Avx512 : Avx2.IsSupported ? Avx2 : Portable;

    private GemmKernel()
    {
    }

    /// <summary>Gets a value indicating whether this processor can run the family.</summary>
    internal bool IsSupported { get; private init; }

    /// <summary>Gets the height of a tile of C.</summary>
    internal int Rows { get; private init; }

    /// <summary>Gets the width of a tile of C.</summary>
    internal int Columns { get; private init; }

    /// <summary>
    /// Gets the tile kernel: panel of A, panel of B, distance between B's rows, depth, C, distance between C's rows, bias or null, whether to add to C.
    /// </summary>
    internal TileCode Tile { get; private init; }

    /// <summary>Gets the number of rows that <see cref="ShortTile"/> computes; 0 where the family has none.</summary>
    internal int ShortRows { get; private init; }

    /// <summary>Gets the kernel for a last panel of A that has few rows; it reads a panel of full height.</summary>
    internal TileCode ShortTile { get; private init; }

    /// <summary>Gets <see cref="DotKernel"/> in the family's width.</summary>
    internal delegate*<GemmProblem*, void> Dots { get; private init; }
}
