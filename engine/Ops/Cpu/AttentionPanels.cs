namespace LlavaCuda.Ops.Cpu;

/// <summary>
/// Small matrix products on one thread for attention, out of the tile kernels of <see cref="Gemm"/>. Operands are packed into panels first; results are
/// row-major and have room for whole tiles: rows rounded up to <see cref="Rows"/>, columns to <see cref="Columns"/>.
/// </summary>
internal static unsafe class AttentionPanels
{
    private static readonly GemmKernel Kernel = GemmKernel.Best;

    /// <summary>Gets the height of a tile, the width of a left operand's panel.</summary>
    internal static int Rows => Kernel.Rows;

    /// <summary>Gets the width of a tile and of a right operand's panel.</summary>
    internal static int Columns => Kernel.Columns;

    /// <summary>Rounds up.</summary>
    internal static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>Packs an operand whose lines are rows of the source; panel p begins at <c>p · width · depth</c>.</summary>
    internal static void PackRows(float* panels, int width, float* source, long stride, int lines, int depth)
    {
        for (int line = 0; line < lines; line += width)
        {
            Packing.Transpose(panels + ((long)line * depth), width, source + (line * stride), stride, Math.Min(width, lines - line), depth);
        }
    }

    /// <summary>Packs an operand whose lines are columns of the source; panel p begins at <c>p · width · depth</c>.</summary>
    internal static void PackColumns(float* panels, int width, float* source, long stride, int lines, int depth)
    {
        for (int line = 0; line < lines; line += width)
        {
            Packing.Copy(panels + ((long)line * depth), width, source + line, stride, Math.Min(width, lines - line), depth);
        }
    }

    /// <summary>Computes <c>C = A B</c> or <c>C += A B</c>.</summary>
    /// <param name="c">[rows, columns], both rounded up to whole tiles.</param>
    /// <param name="ldc">Distance between its rows.</param>
    /// <param name="a">Panels of <see cref="Rows"/> lines.</param>
    /// <param name="b">Panels of <see cref="Columns"/> lines.</param>
    /// <param name="panelB">Distance between B's panels: more than depth · columns when the depth is only a part of them.</param>
    /// <param name="rows">Rows of C.</param>
    /// <param name="columns">Columns of C.</param>
    /// <param name="depth">Length of the sums.</param>
    /// <param name="add">Whether to add to C.</param>
    internal static void Multiply(float* c, long ldc, float* a, float* b, long panelB, int rows, int columns, int depth, bool add)
    {
        for (int column = 0; column < columns; column += Columns)
        {
            float* panel = a;
            float* tile = c + column;
            for (int row = 0; row < rows; row += Rows)
            {
                Kernel.Tile(panel, b, Columns, depth, tile, ldc, null, add);
                panel += (long)Rows * depth;
                tile += Rows * ldc;
            }

            b += panelB;
        }
    }
}
