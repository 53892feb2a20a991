using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>The affine map, by matrix products.</content>
public sealed unsafe partial class CpuDevice
{
    internal override long FewRows => Gemm.FewRows;

    internal override void LinearForward(Tensor y, Tensor x, Tensor w, Tensor bias) => Gemm.Multiply(
        Workers, GemmForm.NT, y.Floats, y.Width, x.Floats, x.Width, w.Floats, w.Width, y.Rows, y.Width, x.Width, bias.Floats, rowsAlone: RowsAlone);

    internal override void LinearBackwardInput(Tensor dx, Tensor dy, Tensor w, bool accumulate) =>
        Gemm.Multiply(Workers, GemmForm.NN, dx.Floats, dx.Width, dy.Floats, dy.Width, w.Floats, w.Width, dx.Rows, dx.Width, dy.Width, null, accumulate);

    internal override void LinearBackwardWeight(Tensor dw, Tensor dy, Tensor x, bool accumulate) =>
        Gemm.Multiply(Workers, GemmForm.TN, dw.Floats, dw.Width, dy.Floats, dy.Width, x.Floats, x.Width, dw.Rows, dw.Width, dy.Rows, null, accumulate);
}
