using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>Sets every element of a floating tensor.</summary>
public static class Fill
{
    /// <summary>Sets every element.</summary>
    /// <param name="device">Where.</param>
    /// <param name="x">Receives the value.</param>
    /// <param name="value">The value.</param>
    public static void Forward(Device device, Tensor x, float value)
    {
        Require.Floats(x);
        device.FillForward(x, value);
    }
}
