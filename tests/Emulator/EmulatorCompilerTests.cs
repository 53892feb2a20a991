using LlavaCuda.Native;

namespace LlavaCuda.Tests.Emulation;

/// <summary>The emulator's NVRTC, and what the driver takes of it.</summary>
[Trait("Category", "Emulator")]
[Collection("Spare GPU")]
public sealed unsafe class EmulatorCompilerTests
{
    private const string Kernel = """
        #include "common.cuh"
        template <typename T, int Count = 3>
        __global__ void __launch_bounds__(Count * 32, 2) fill(T* y, T value)
        {
            y[threadIdx.x] = value;
        }
        namespace inner
        {
            __global__ void plain(float* y) { y[0] = 1.0f; }
        }
        """;

    [Fact]
    public void Compile_WrongSource_ShowsItsOwnLines()
    {
        Emulator.Require();
        TestProgram program = new(Kernel.Replace("= value", "= valu", StringComparison.Ordinal), ["fill<int>"]);
        Assert.Equal(NvrtcResult.Compilation, program.Result);
        Assert.Contains($"{EmulatorKernels.FileName}:5:", program.Log, StringComparison.Ordinal);
        Assert.Contains("valu", program.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_ExpressionWithoutKernel_Fails()
    {
        Emulator.Require();
        TestProgram program = new(Kernel, ["fill<int>", "empty<int>"]);
        Assert.Equal(NvrtcResult.Compilation, program.Result);
        Assert.Contains("empty", program.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--gpu-architecture=sm_99")]
    [InlineData("--gpu-architecture=sm_80a")]
    [InlineData("--fast")]
    public void Compile_UnknownOption_IsRefused(string option)
    {
        Emulator.Require();
        TestProgram program = new(Kernel, ["fill<int>"], option);
        Assert.Equal(NvrtcResult.InvalidOption, program.Result);
        Assert.Contains(option, program.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_LaunchBounds_AreThoseOfTheInstance()
    {
        using SpareGpu gpu = new();
        TestProgram program = new(Kernel, ["fill<float>", "fill<int, 5>", "inner::plain"]);
        Assert.Equal(string.Empty, program.Log);
        nint module = SpareGpu.Load(program.Image);
        Assert.Equal([96, 160, 1024], program.Expressions.Select(expression => MostThreads(module, program.Lowered(expression))));
    }

    [Fact]
    public void Image_DamagedOrForAnotherArchitecture_IsRefused()
    {
        using SpareGpu gpu = new();
        byte[] sound = new TestProgram(Kernel, ["fill<int>"], "--gpu-architecture=sm_90a").Image;
        SpareGpu.Load(sound);
        byte[] damaged = [.. sound];
        damaged[sound.Length / 2] ^= 1;
        Assert.Equal(CudaResult.InvalidImage, TryLoad(damaged));
        Assert.Equal(CudaResult.InvalidImage, TryLoad(sound[..1000]));
        Assert.Equal(CudaResult.InvalidImage, TryLoad(new byte[100]));
        Assert.Equal(CudaResult.NoBinaryForGpu, TryLoad(new TestProgram(Kernel, ["fill<int>"], "--gpu-architecture=sm_80").Image));
    }

    private static CudaResult TryLoad(byte[] image)
    {
        fixed (byte* first = image)
        {
            return CudaDriver.ModuleLoadData(out _, first);
        }
    }

    private static int MostThreads(nint module, string lowered)
    {
        fixed (byte* name = System.Text.Encoding.UTF8.GetBytes(lowered + '\0'))
        {
            SpareGpu.Check(CudaDriver.ModuleGetFunction(out nint function, module, name));
            SpareGpu.Check(CudaDriver.FuncGetAttribute(out int threads, CudaFunctionAttribute.MaxThreadsPerBlock, function));
            return threads;
        }
    }
}
