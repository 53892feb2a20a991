using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Verification;

/// <summary>
/// How far a device may be from a reference in float64, as relative L2 errors. The processor's are tight: its single precision differs by the order of sums alone. A GPU's have
/// room for its own exponentials and tensor cores. In bf16 every activation carries 8 bits: an error near 1 % is what rounding alone makes of a few layers, and steps at a high learning rate
/// make more of it (rounding alone: up to 2.6e-2 in the losses of the shipped reference's second stage).
/// </summary>
/// <param name="Forward">Hidden states, features, logits, loss.</param>
/// <param name="Gradient">The worst parameter's gradient, and its norm.</param>
/// <param name="Training">Losses and gradient norms of training steps.</param>
/// <param name="Weights">The worst parameter after them.</param>
/// <param name="Greedy">Share of greedy tokens that may differ: in bf16 two likely ones may change places.</param>
internal sealed record VerifyTolerances(double Forward, double Gradient, double Training, double Weights, double Greedy)
{
    private static readonly VerifyTolerances Processor = new(1e-5, 5e-5, 1e-5, 1e-5, 0);
    private static readonly VerifyTolerances GpuSingle = new(1e-4, 1e-4, 1e-4, 1e-4, 0);
    private static readonly VerifyTolerances GpuBf16 = new(3e-2, 5e-2, 5e-2, 1e-2, 0.1);

    /// <summary>Chooses by device.</summary>
    internal static VerifyTolerances Of(Device device) => device.ComputeType == DType.BF16 ? GpuBf16 : device is CpuDevice ? Processor : GpuSingle;
}
