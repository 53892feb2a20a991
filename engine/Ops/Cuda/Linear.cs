using LlavaCuda.Native;
using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>
/// The affine map: cuBLASLt, as the table of <see cref="GemmProblem"/> puts it, and for up to 8 rows forward <c>gemv.cu</c>. The two round differently, so a row's output may differ in its last bit
/// between a pass over few rows and one over many. Within one pass it depends on the extents only: the same batch gives the same bits, in this run or another.
/// </content>
public sealed unsafe partial class CudaDevice
{
    /// <summary>Gets the matrix products.</summary>
    private GemmPlans Products => _products ??= new GemmPlans(this, Autotunes ? new GemmAutotune(this, new GemmChoices(GemmChoices.DefaultFile)) : null);

    internal override void LinearForward(Tensor y, Tensor x, Tensor w, Tensor bias)
    {
        if (!GemvKernels.Fit(y, x, w))
        {
            Multiply(y, w, transposeA: true, x, transposeB: false, bias, accumulate: false);
        }
        else if (x.Rows > 0)
        {
            LaunchGrid grid = LaunchGrid.Cover(w.Rows, GemvKernels.Outputs);
            if (x.Type == DType.BF16)
            {
                Launch(GemvKernels.Mma, GemvKernels.MmaVariant, grid, GemvKernels.Threads, GemvKernels.SharedBytes, y, w, x, bias, w.Rows, w.Width, (int)x.Rows);
            }
            else
            {
                Launch(GemvKernels.Fma, GemvKernels.FmaVariant(x.Rows), grid, GemvKernels.Threads, 0, y, w, x, bias, w.Rows, w.Width, (int)x.Rows);
            }
        }
    }

    internal override void LinearBackwardInput(Tensor dx, Tensor dy, Tensor w, bool accumulate) =>
        Multiply(dx, w, transposeA: false, dy, transposeB: false, bias: default, accumulate);

    internal override void LinearBackwardWeight(Tensor dw, Tensor dy, Tensor x, bool accumulate)
    {
        if (x.Rows > 0)
        {
            Multiply(dw, x, transposeA: false, dy, transposeB: true, bias: default, accumulate);
        }
        else if (!accumulate)
        {
            using CudaCall call = BeginCall();
            CudaException.ThrowIfFailed(CudaDriver.MemsetD8Async(dw.Address, 0, (nuint)dw.Bytes, Stream));
        }
    }

    // D = op(A) op(B) (+ bias) (+ D), in the order of GemmProblem.
    private void Multiply(Tensor d, Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor bias, bool accumulate)
    {
        if (d.Count == 0)
        {
            return;
        }

        using CudaCall call = BeginCall();
        GemmProblem problem = GemmProblem.Of(d, a, transposeA, b, transposeB, bias, accumulate);
        Products.Multiply(problem, new GemmOperands(d.Address, d.Address, a.Address, b.Address, bias.Address));
        if (_synchronous)
        {
            CudaException.ThrowIfFailed(CudaDriver.StreamSynchronize(Stream), problem.ToString());
        }
    }
}
