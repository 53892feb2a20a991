using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>
/// Root-mean-square norm of rows with the residual addition before it fused in (LLaMA): <c>s = x + Δ</c>, <c>r = 1/√(mean(s²)+ε)</c>, <c>y = w · (s r)</c>,
/// where <c>s r</c> is rounded to the storage type before the weight is applied, as Hugging Face's LLaMA does.
/// </summary>
public static class RmsNorm
{
    /// <summary>Adds, normalises and scales.</summary>
    /// <param name="device">Where.</param>
    /// <param name="y">Receives <c>[rows, width]</c>.</param>
    /// <param name="rstd">Receives r, <c>[rows]</c> in single precision.</param>
    /// <param name="sum">Receives s, <c>[rows, width]</c>; may be <paramref name="x"/> itself. None when <paramref name="delta"/> is none.</param>
    /// <param name="x">The residual stream, <c>[rows, width]</c>.</param>
    /// <param name="delta">What the branch before adds to it, or none.</param>
    /// <param name="w">The gain, <c>[width]</c>.</param>
    /// <param name="epsilon">ε.</param>
    public static void Forward(Device device, Tensor y, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, float epsilon)
    {
        Require.Matrix(x);
        Require.Is(y, x.Type, [x.Rows, x.Width]);
        Require.Is(rstd, DType.F32, [x.Rows]);
        Require.Is(w, x.Type, [x.Width]);
        Require.IsOptional(delta, x.Type, [x.Rows, x.Width]);
        Residual.RequireSum(sum, x, delta);
        device.RmsNormForward(y, rstd, sum, x, delta, w, epsilon);
    }

    /// <summary>
    /// Adds the norm's input gradient to the gradient of the residual stream: with <c>g = dy·w</c> and <c>x̂ = x r</c>, <c>dres += r (g − x̂ mean(g·x̂))</c>; and <c>dw = Σ_rows dy·x̂</c>.
    /// </summary>
    /// <param name="device">Where.</param>
    /// <param name="dres">Added to, <c>[rows, width]</c>.</param>
    /// <param name="dw">Receives the gradient of the gain, <c>[width]</c> in single precision; none when frozen.</param>
    /// <param name="y">Receives the forward's output once more, for a weight gradient that needs it; or none.</param>
    /// <param name="dy">Gradient of the output, <c>[rows, width]</c>.</param>
    /// <param name="x">What was normalised, that is the sum, <c>[rows, width]</c>.</param>
    /// <param name="rstd">r of the forward pass.</param>
    /// <param name="w">The gain.</param>
    /// <param name="accumulate">Whether to add to <paramref name="dw"/>.</param>
    public static void Backward(Device device, Tensor dres, Tensor dw, Tensor y, Tensor dy, Tensor x, Tensor rstd, Tensor w, bool accumulate)
    {
        Require.Matrix(x);
        Require.Is(dres, x.Type, [x.Rows, x.Width]);
        Require.IsOptional(dw, DType.F32, [x.Width]);
        Require.IsOptional(y, x.Type, [x.Rows, x.Width]);
        Require.Is(dy, x.Type, [x.Rows, x.Width]);
        Require.Is(rstd, DType.F32, [x.Rows]);
        Require.Is(w, x.Type, [x.Width]);
        device.RmsNormBackward(dres, dw, y, dy, x, rstd, w, accumulate);
    }
}
