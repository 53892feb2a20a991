using LlavaCuda.Native;

namespace LlavaCuda.Tests.Native;

/// <summary>The errors of native calls. They need no native library: without one the codes' names are the engine's.</summary>
public class CudaExceptionTests
{
    [Fact]
    public void ThrowIfFailed_Failure_HasCallContextBytesAndCode()
    {
        CudaResult result = CudaResult.IllegalAddress;
        CudaException error = Assert.Throws<CudaException>(() => CudaException.ThrowIfFailed(result, "the weights", bytes: 1234567));
        Assert.Equal(CudaResult.IllegalAddress, error.Result);
        Assert.StartsWith("result for the weights failed, 1,234,567 bytes asked: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("(700)", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void ThrowIfFailed_CallOverSeveralLines_IsOneLine()
    {
        CudaException error = Assert.Throws<CudaException>(static () => CudaException.ThrowIfFailed(Fail(
            1,
            2)));
        Assert.StartsWith("Fail( 1, 2) failed: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ThrowIfFailed_UnknownCode_KeepsItsNumber() =>
        Assert.Contains("(4711)", Assert.Throws<CudaException>(static () => CudaException.ThrowIfFailed((CudaResult)4711)).Message, StringComparison.Ordinal);

    [Fact]
    public void ThrowIfFailed_Success_AllocatesNothing()
    {
        Allocations.AssertNone(Check);

        static void Check()
        {
            for (int i = 0; i < 1000; i++)
            {
                CudaException.ThrowIfFailed(CudaResult.Success, "a kernel", i);
                NvrtcException.ThrowIfFailed(NvrtcResult.Success);
                CublasException.ThrowIfFailed(CublasStatus.Success, "a product");
            }
        }
    }

    [Fact]
    public void Nvrtc_Failure_CarriesTheLog()
    {
        NvrtcException error = Assert.Throws<NvrtcException>(static () => NvrtcException.ThrowIfFailed(NvrtcResult.Compilation, "rmsnorm.cu", "rmsnorm.cu(3): error\n"));
        Assert.Equal(NvrtcResult.Compilation, error.Result);
        Assert.Equal("rmsnorm.cu(3): error\n", error.Log);
        Assert.EndsWith("(6).\nrmsnorm.cu(3): error", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cublas_Failure_NamesTheProduct()
    {
        CublasException error = Assert.Throws<CublasException>(static () => CublasException.ThrowIfFailed(CublasStatus.NotSupported, "[8, 4096] x [4096, 4096]"));
        Assert.Equal(CublasStatus.NotSupported, error.Status);
        Assert.Contains("for [8, 4096] x [4096, 4096] failed: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("(15).", error.Message, StringComparison.Ordinal);
    }

    private static CudaResult Fail(int first, int second) => (CudaResult)(first + second);
}
