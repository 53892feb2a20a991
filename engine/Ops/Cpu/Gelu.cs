using System.Numerics;
using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>The exact GELU.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void GeluForward(Tensor y, Tensor x) => Elementwise.Run<GeluFunction>(Workers, y.Floats, x.Floats, x.Count);

    internal override void GeluBackward(Tensor dx, Tensor dy, Tensor x) => Elementwise.Run<GeluGradient>(Workers, dx.Floats, dy.Floats, x.Floats, x.Count);

    private readonly struct GeluFunction : IUnary
    {
        public static Vector<float> Of(Vector<float> x) => x * NormalDistribution.Of(x).Cumulative;
    }

    private readonly struct GeluGradient : IBinary
    {
        public static Vector<float> Of(Vector<float> left, Vector<float> right)
        {
            (Vector<float> cumulative, Vector<float> density) = NormalDistribution.Of(right);
            return left * (cumulative + (right * density));
        }
    }
}
