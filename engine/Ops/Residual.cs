using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>Addition into the residual stream.</summary>
public static class Residual
{
    /// <summary>Computes <c>x += delta</c>.</summary>
    /// <param name="device">Where.</param>
    /// <param name="x">Added to.</param>
    /// <param name="delta">The same extents.</param>
    public static void Add(Device device, Tensor x, Tensor delta)
    {
        Require.Matrix(x);
        Require.Is(delta, x.Type, [x.Rows, x.Width]);
        device.ResidualAdd(x, delta);
    }

    /// <summary>A fused norm has somewhere to put the sum exactly when there is a sum.</summary>
    internal static void RequireSum(Tensor sum, Tensor x, Tensor delta)
    {
        if (delta.Exists)
        {
            Require.Is(sum, x.Type, [x.Rows, x.Width]);
        }
        else if (sum.Exists)
        {
            throw new ArgumentException($"sum is {sum}, but without delta there is no sum.", nameof(sum));
        }
    }
}
