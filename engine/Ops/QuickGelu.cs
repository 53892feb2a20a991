using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>CLIP's activation, <c>x σ(1.702 x)</c>; derivative <c>σ + 1.702 x σ (1 − σ)</c> with σ at 1.702 x.</summary>
public static class QuickGelu
{
    /// <summary>Computes the activation.</summary>
    /// <param name="device">Where.</param>
    /// <param name="y">Receives <c>[rows, width]</c>; may be <paramref name="x"/> itself.</param>
    /// <param name="x"><c>[rows, width]</c>.</param>
    public static void Forward(Device device, Tensor y, Tensor x)
    {
        Require.Matrix(x);
        Require.Is(y, x.Type, [x.Rows, x.Width]);
        device.QuickGeluForward(y, x);
    }

    /// <summary>Computes the gradient of the input.</summary>
    /// <param name="device">Where.</param>
    /// <param name="dx">Receives <c>[rows, width]</c>; may be <paramref name="dy"/> itself.</param>
    /// <param name="dy"><c>[rows, width]</c>.</param>
    /// <param name="x">Input of the forward pass.</param>
    public static void Backward(Device device, Tensor dx, Tensor dy, Tensor x)
    {
        Require.Matrix(x);
        Require.Is(dy, x.Type, [x.Rows, x.Width]);
        Require.Is(dx, x.Type, [x.Rows, x.Width]);
        device.QuickGeluBackward(dx, dy, x);
    }
}
