using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>The global L2 norm of all gradients and the factor that clips it.</summary>
public static class GradientNorm
{
    /// <summary>Computes the norm in a fixed order with double-precision final sums, and <c>min(1, maxNorm / (norm + 1e-6))</c> as PyTorch clips.</summary>
    /// <param name="device">Where.</param>
    /// <param name="result">Receives <c>[2]</c> in single precision: the norm and the factor. A norm that is not finite stays so; the factor is then not a number.</param>
    /// <param name="gradients">Flat, in single precision.</param>
    /// <param name="maxNorm">The largest norm that passes unchanged; infinity does not clip.</param>
    public static void Forward(Device device, Tensor result, Tensor gradients, float maxNorm)
    {
        Require.Is(result, DType.F32, [2]);
        Require.Is(gradients, DType.F32, [gradients.Count]);
        device.GradientNormForward(result, gradients, maxNorm);
    }
}
