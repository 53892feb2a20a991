using System.Numerics;
using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Addition into the residual stream.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void ResidualAdd(Tensor x, Tensor delta) => Elementwise.Run<Sum>(Workers, x.Floats, x.Floats, delta.Floats, x.Count);

    private readonly struct Sum : IBinary
    {
        public static Vector<float> Of(Vector<float> left, Vector<float> right) => left + right;
    }
}
