using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Verification;

/// <summary>
/// The processor, with every activation rounded to bf16 where an op writes it: what a device that stores bf16 and computes exactly would give. Its error against a reference is
/// what bf16 costs; a real device's may be little more. Statistics, losses and gradients of weights stay single precision, as everywhere.
/// </summary>
internal sealed class RoundingDevice : ForwardingDevice
{
    private float[] _exact = [];

    internal RoundingDevice()
        : base(new CpuDevice(2))
    {
    }

    // The exact weights stay; the model computes with rounded ones.
    internal override void AdamWUpdate(Tensor values, Tensor remainders, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step)
    {
        if (step.Step > 1)
        {
            CopyFromHost<float>(values, _exact);
        }

        base.AdamWUpdate(values, remainders, first, second, gradients, norm, segments, step);
        _exact = new float[values.Count];
        CopyToHost<float>(_exact, values);
        Written(values);
    }

    /// <inheritdoc/>
    protected override void Written(Tensor activations)
    {
        if (!activations.Exists)
        {
            return;
        }

        float[] values = new float[activations.Count];
        CopyToHost<float>(values, activations);
        byte[] rounded = new byte[values.Length * sizeof(ushort)];
        Elements.Convert(MemoryMarshal.AsBytes<float>(values), DType.F32, rounded, DType.BF16);
        Elements.Convert(rounded, DType.BF16, MemoryMarshal.AsBytes(values.AsSpan()), DType.F32);
        CopyFromHost<float>(activations, values);
    }
}
