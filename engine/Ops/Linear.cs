using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>The affine map of rows, <c>y = x Wᵀ + b</c>, with weights <c>[out, in]</c> as checkpoints store them.</summary>
public static class Linear
{
    /// <summary>Computes <c>y = x Wᵀ + b</c>.</summary>
    /// <param name="device">Where.</param>
    /// <param name="y">Receives <c>[rows, out]</c>.</param>
    /// <param name="x"><c>[rows, in]</c>.</param>
    /// <param name="w"><c>[out, in]</c>.</param>
    /// <param name="bias"><c>[out]</c>, or none.</param>
    public static void Forward(Device device, Tensor y, Tensor x, Tensor w, Tensor bias = default)
    {
        Require.Matrix(x);
        Require.Matrix(w);
        Require.Is(w, x.Type, [w.Rows, x.Shape[1]]);
        Require.Is(y, x.Type, [x.Rows, w.Rows]);
        Require.IsOptional(bias, x.Type, [w.Rows]);
        device.LinearForward(y, x, w, bias);
    }

    /// <summary>Computes the gradient of the input, <c>dx = dy W</c>, or adds it.</summary>
    /// <param name="device">Where.</param>
    /// <param name="dx">Receives <c>[rows, in]</c>.</param>
    /// <param name="dy"><c>[rows, out]</c>.</param>
    /// <param name="w"><c>[out, in]</c>.</param>
    /// <param name="accumulate">Whether to add to <paramref name="dx"/>.</param>
    public static void BackwardInput(Device device, Tensor dx, Tensor dy, Tensor w, bool accumulate = false)
    {
        Require.Matrix(dy);
        Require.Matrix(w);
        Require.Is(w, dy.Type, [dy.Shape[1], w.Shape[1]]);
        Require.Is(dx, dy.Type, [dy.Rows, w.Shape[1]]);
        device.LinearBackwardInput(dx, dy, w, accumulate);
    }

    /// <summary>Computes the gradient of the weight, <c>dW = dyᵀ x</c>, or adds it.</summary>
    /// <param name="device">Where.</param>
    /// <param name="dw">Receives <c>[out, in]</c> in single precision.</param>
    /// <param name="dy"><c>[rows, out]</c>.</param>
    /// <param name="x"><c>[rows, in]</c>.</param>
    /// <param name="accumulate">Whether to add to <paramref name="dw"/>.</param>
    public static void BackwardWeight(Device device, Tensor dw, Tensor dy, Tensor x, bool accumulate)
    {
        Require.Matrix(dy);
        Require.Matrix(x);
        Require.Is(x, dy.Type, [dy.Rows, x.Shape[1]]);
        Require.Is(dw, DType.F32, [dy.Shape[1], x.Shape[1]]);
        device.LinearBackwardWeight(dw, dy, x, accumulate);
    }
}
