using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>LLaMA's gated activation, <c>h = silu(g) u</c> with <c>silu(g) = g σ(g)</c>; a row holds <c>[g | u]</c>.</summary>
public static class SwiGlu
{
    /// <summary>Computes h.</summary>
    /// <param name="device">Where.</param>
    /// <param name="h">Receives <c>[rows, width]</c>.</param>
    /// <param name="gateUp"><c>[rows, 2 width]</c>.</param>
    public static void Forward(Device device, Tensor h, Tensor gateUp)
    {
        Require.Matrix(h);
        Require.Is(gateUp, h.Type, [h.Rows, 2 * h.Width]);
        device.SwiGluForward(h, gateUp);
    }

    /// <summary>Computes <c>dg = dh u σ(g)(1 + g(1 − σ(g)))</c> and <c>du = dh silu(g)</c> in the place of g and u.</summary>
    /// <param name="device">Where.</param>
    /// <param name="gateUp">Holds <c>[g | u]</c>, receives <c>[dg | du]</c>.</param>
    /// <param name="h">Receives the forward's output once more, for the weight gradient of the next product; or none. May be <paramref name="dh"/> itself.</param>
    /// <param name="dh"><c>[rows, width]</c>.</param>
    public static void Backward(Device device, Tensor gateUp, Tensor h, Tensor dh)
    {
        Require.Matrix(dh);
        Require.Is(gateUp, dh.Type, [dh.Rows, 2 * dh.Width]);
        Require.IsOptional(h, dh.Type, [dh.Rows, dh.Width]);
        device.SwiGluBackward(gateUp, h, dh);
    }
}
