using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>
/// Layer norm of rows with the residual addition before it fused in (CLIP): <c>s = x + Δ</c>, <c>y = (s − mean) r w + b</c> with <c>r = 1/√(var+ε)</c>; the variance is taken in a second pass.
/// </summary>
public static class LayerNorm
{
    /// <summary>Adds, normalises, scales and shifts.</summary>
    /// <param name="device">Where.</param>
    /// <param name="y">Receives <c>[rows, width]</c>; may be <paramref name="x"/> itself when there is no <paramref name="delta"/>.</param>
    /// <param name="mean">Receives the mean, <c>[rows]</c> in single precision.</param>
    /// <param name="rstd">Receives r, <c>[rows]</c> in single precision.</param>
    /// <param name="sum">Receives s, <c>[rows, width]</c>; may be <paramref name="x"/> itself. None when <paramref name="delta"/> is none.</param>
    /// <param name="x">The residual stream, <c>[rows, width]</c>.</param>
    /// <param name="delta">What the branch before adds to it, or none.</param>
    /// <param name="w">The gain, <c>[width]</c>.</param>
    /// <param name="b">The shift, <c>[width]</c>.</param>
    /// <param name="epsilon">ε.</param>
    public static void Forward(Device device, Tensor y, Tensor mean, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, Tensor b, float epsilon)
    {
        Require.Matrix(x);
        Require.Is(y, x.Type, [x.Rows, x.Width]);
        Require.Is(mean, DType.F32, [x.Rows]);
        Require.Is(rstd, DType.F32, [x.Rows]);
        Require.Is(w, x.Type, [x.Width]);
        Require.Is(b, x.Type, [x.Width]);
        Require.IsOptional(delta, x.Type, [x.Rows, x.Width]);
        Residual.RequireSum(sum, x, delta);
        device.LayerNormForward(y, mean, rstd, sum, x, delta, w, b, epsilon);
    }

    /// <summary>
    /// Adds the norm's input gradient to the gradient of the residual stream: with <c>g = dy·w</c>, <c>dres += r (g − mean(g) − x̂ mean(g·x̂))</c>; and <c>dw = Σ dy·x̂</c>, <c>db = Σ dy</c>.
    /// </summary>
    /// <param name="device">Where.</param>
    /// <param name="dres">Added to, <c>[rows, width]</c>.</param>
    /// <param name="dw">Receives the gradient of the gain, <c>[width]</c> in single precision; none when frozen.</param>
    /// <param name="db">Receives the gradient of the shift, likewise; both or none.</param>
    /// <param name="y">Receives the forward's output once more, for a weight gradient that needs it; or none.</param>
    /// <param name="dy">Gradient of the output, <c>[rows, width]</c>.</param>
    /// <param name="x">What was normalised, that is the sum, <c>[rows, width]</c>.</param>
    /// <param name="mean">Mean of the forward pass.</param>
    /// <param name="rstd">r of the forward pass.</param>
    /// <param name="w">The gain.</param>
    /// <param name="b">The shift.</param>
    /// <param name="accumulate">Whether to add to <paramref name="dw"/> and <paramref name="db"/>.</param>
    public static void Backward(Device device, Tensor dres, Tensor dw, Tensor db, Tensor y, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor w, Tensor b, bool accumulate)
    {
        Require.Matrix(x);
        Require.Is(dres, x.Type, [x.Rows, x.Width]);
        Require.IsOptional(dw, DType.F32, [x.Width]);
        Require.IsOptional(db, DType.F32, [x.Width]);
        if (dw.Exists != db.Exists)
        {
            throw new ArgumentException($"dw is {dw} and db is {db}; expected both or none.", nameof(db));
        }

        Require.IsOptional(y, x.Type, [x.Rows, x.Width]);
        Require.Is(dy, x.Type, [x.Rows, x.Width]);
        Require.Is(mean, DType.F32, [x.Rows]);
        Require.Is(rstd, DType.F32, [x.Rows]);
        Require.Is(w, x.Type, [x.Width]);
        Require.Is(b, x.Type, [x.Width]);
        device.LayerNormBackward(dres, dw, db, y, dy, x, mean, rstd, w, b, accumulate);
    }
}
