using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>
/// Rotary positions in the rotate-half convention of Hugging Face checkpoints: the pair is (i, i + D/2), its angle position·θ^(−2i/D);
/// <c>q'_i = q_i cos − q_{i+D/2} sin</c>, <c>q'_{i+D/2} = q_{i+D/2} cos + q_i sin</c>.
/// </summary>
public static class Rope
{
    /// <summary>Fills a table of angles, computed in double precision.</summary>
    /// <param name="cos">Receives the cosines of <c>[positions, headSize / 2]</c>.</param>
    /// <param name="sin">Receives the sines, likewise.</param>
    /// <param name="headSize">D.</param>
    /// <param name="theta">θ.</param>
    public static void FillTable(Span<float> cos, Span<float> sin, int headSize, double theta) =>
        FillTable(cos, sin, [.. Enumerable.Range(0, headSize / 2).Select(i => Math.Pow(theta, -2.0 * i / headSize))]);

    /// <summary>Fills a table of angles of any frequencies, computed in double precision.</summary>
    /// <param name="cos">Receives the cosines of <c>[positions, frequencies]</c>.</param>
    /// <param name="sin">Receives the sines, likewise.</param>
    /// <param name="frequencies">Radians a position, of every pair.</param>
    /// <param name="first">The position of the tables' first row.</param>
    public static void FillTable(Span<float> cos, Span<float> sin, ReadOnlySpan<double> frequencies, int first = 0)
    {
        int half = frequencies.Length;
        for (int i = 0; i < half; i++)
        {
            for (int row = 0; row < cos.Length / half; row++)
            {
                (double s, double c) = Math.SinCos((first + row) * frequencies[i]);
                cos[(row * half) + i] = (float)c;
                sin[(row * half) + i] = (float)s;
            }
        }
    }

    /// <summary>Rotates queries and keys in place; values stay.</summary>
    /// <param name="device">Where.</param>
    /// <param name="qkv"><c>[rows, (heads + 2 kvHeads) headSize]</c>.</param>
    /// <param name="rotary">Angles and positions.</param>
    /// <param name="shape">Heads.</param>
    public static void Forward(Device device, Tensor qkv, Rotary rotary, AttentionShape shape)
    {
        Require.Matrix(qkv);
        Require.Is(qkv, [qkv.Rows, shape.QkvSize]);
        Check(rotary, qkv.Rows, shape.HeadSize);
        device.RopeForward(qkv, rotary, shape);
    }

    internal static void Check(Rotary rotary, long rows, int headSize)
    {
        Require.Is(rotary.Cos, DType.F32, [rotary.Cos.Rows, headSize / 2]);
        Require.Is(rotary.Sin, DType.F32, [rotary.Cos.Rows, headSize / 2]);
        Require.Is(rotary.Positions, DType.I32, [rows]);
    }
}
