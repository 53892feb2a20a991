using System.Numerics;
using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>CLIP's activation.</content>
public sealed unsafe partial class CpuDevice
{
    private const float QuickGeluSlope = 1.702f;

    internal override void QuickGeluForward(Tensor y, Tensor x) => Elementwise.Run<QuickGeluFunction>(Workers, y.Floats, x.Floats, x.Count);

    internal override void QuickGeluBackward(Tensor dx, Tensor dy, Tensor x) => Elementwise.Run<QuickGeluGradient>(Workers, dx.Floats, dy.Floats, x.Floats, x.Count);

    private readonly struct QuickGeluFunction : IUnary
    {
        public static Vector<float> Of(Vector<float> x) => x * Sigmoid.Of(x * QuickGeluSlope);
    }

    private readonly struct QuickGeluGradient : IBinary
    {
        public static Vector<float> Of(Vector<float> left, Vector<float> right)
        {
            Vector<float> inner = right * QuickGeluSlope;
            Vector<float> sigmoid = Sigmoid.Of(inner);
            return left * (sigmoid + (inner * sigmoid * (Vector<float>.One - sigmoid)));
        }
    }
}
