using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>Converts between storage types: single precision and bf16, rounded to nearest even.</summary>
public static class Cast
{
    /// <summary>Computes <c>y = x</c>; between tensors of one type it is a copy.</summary>
    /// <param name="device">Where.</param>
    /// <param name="y">Receives the elements; must not overlap.</param>
    /// <param name="x">Of the same extents.</param>
    public static void Forward(Device device, Tensor y, Tensor x)
    {
        Require.Floats(x);
        Require.Floats(y);
        if (x.Shape != y.Shape)
        {
            throw new ArgumentException($"Cannot convert {x} to {y}.");
        }

        if (x.Type == y.Type)
        {
            device.MoveForward(y, x);
        }
        else
        {
            device.CastForward(y, x);
        }
    }
}
