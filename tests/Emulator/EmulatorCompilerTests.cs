using LlavaCuda.Devices;
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
        nint y = SpareGpu.Allocate(4096);
        foreach ((string expression, int most) in (ReadOnlySpan<(string, int)>)[("fill<float>", 96), ("fill<int, 5>", 160), ("inner::plain", 1024)])
        {
            nint function = Function(module, program.Lowered(expression));
            KernelArgument[] arguments = expression == "inner::plain" ? [y] : [y, 0];
            SpareGpu.Check(SpareGpu.Launch(function, stream: 0, 1, most, 0, arguments));
            SpareGpu.AssertFails(CudaResult.InvalidValue, SpareGpu.Launch(function, stream: 0, 1, most + 1, 0, arguments), $"{most + 1}");
        }
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

    private static nint Function(nint module, string lowered)
    {
        fixed (byte* name = System.Text.Encoding.UTF8.GetBytes(lowered + '\0'))
        {
            SpareGpu.Check(CudaDriver.ModuleGetFunction(out nint function, module, name));
            return function;
        }
    }
}
