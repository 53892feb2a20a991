using LlavaCuda.Devices;
using LlavaCuda.Native;

namespace LlavaCuda.Tests.Emulation;

/// <summary>What a launch may ask for, and several at once.</summary>
[Trait("Category", "Emulator")]
[Collection("Spare GPU")]
public sealed unsafe class EmulatorLaunchTests
{
    [Theory]
    [InlineData("coordinates", 1, 1, 1025, 0, "a block of 1025 threads, where 1 to 1024 are allowed")]
    [InlineData("coordinates", 1, 1, 0, 0, "a block of 0 threads")]
    [InlineData("row_sum<32>", 1, 1, 64, 16, "row_sum<32>: a block of 64 threads, where 1 to 32 are allowed")]
    [InlineData("coordinates", 0, 1, 32, 0, "a grid of 0 x 1 x 1 blocks")]
    [InlineData("coordinates", 1L << 31, 1, 32, 0, "a grid of 2147483648 x 1 x 1 blocks")]
    [InlineData("coordinates", 1, 65536, 32, 0, "a grid of 1 x 65536 x 1 blocks")]
    [InlineData("coordinates", 1, 1, 32, 49153, "49153 bytes of shared memory, where 49152 are allowed")]
    public void Launch_BeyondLimits_IsRefused(string kernel, long gridX, int gridY, int threads, int sharedBytes, string part)
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(4096);
        CudaResult result = kernel == "coordinates"
            ? gpu.Launch(kernel, new LaunchGrid(gridX, gridY), threads, sharedBytes, y)
            : gpu.Launch(kernel, new LaunchGrid(gridX, gridY), threads, sharedBytes, y, y, 3);
        SpareGpu.AssertFails(CudaResult.InvalidValue, result, part);
        SpareGpu.Check(CudaDriver.StreamSynchronize(0));
    }

    [Fact]
    public void SharedMemory_AboveTheDefault_HasToBeAskedFor()
    {
        using SpareGpu gpu = new();
        nint function = gpu.Function("read_shared");
        nint y = SpareGpu.Allocate(1024);
        SpareGpu.AssertFails(CudaResult.InvalidValue, CudaDriver.FuncSetAttribute(function, CudaFunctionAttribute.MaxDynamicSharedSizeBytes, (227 << 10) + 1), "232448 bytes");
        SpareGpu.Check(CudaDriver.FuncSetAttribute(function, CudaFunctionAttribute.MaxDynamicSharedSizeBytes, 227 << 10));
        SpareGpu.Check(gpu.Launch("read_shared", 1, 32, 227 << 10, y));
    }

    [Fact]
    public void Arguments_TooFewTooManyOrNotOnTheDevice_AreRefused()
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(128);
        float here = 0;
        SpareGpu.AssertFails(CudaResult.InvalidValue, gpu.Launch("scale<1>", 1, 128, 0, y, y, 2f), "scale<1> takes 4 arguments, and fewer were given");
        SpareGpu.AssertFails(CudaResult.InvalidValue, gpu.Launch("scale<1>", 1, 128, 0, y, y, 2f, 1L, 1), "scale<1> takes 4 arguments, and more were given");
        SpareGpu.AssertFails(CudaResult.InvalidValue, gpu.Launch("scale<1>", 1, 128, 0, y, (nint)(&here), 2f, 1L), "argument 1", "not in device memory");
        nint function = gpu.Function("scale<1>");
        nuint[] sizes = new nuint[4];
        for (int i = 0; i < 4; i++)
        {
            SpareGpu.Check(CudaDriver.FuncGetParamInfo(function, (nuint)i, out nuint offset, out sizes[i]));
            Assert.Equal([0, 8, 16, 24], (nuint[])[0, 8, 16, offset + (i == 3 ? (nuint)0 : 24 - offset)]);
        }

        Assert.Equal([8, 8, 4, 8], sizes);
        Assert.Equal(CudaResult.InvalidValue, CudaDriver.FuncGetParamInfo(function, 4, out _, out _));
    }

    [Fact]
    public void Launch_MadeToFail_FailsOnce()
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(128);
        Emulator.FailLaunch(2, CudaResult.LaunchOutOfResources);
        SpareGpu.Check(gpu.Launch("coordinates", 1, 32, 0, y));
        Assert.Equal(CudaResult.LaunchOutOfResources, gpu.Launch("coordinates", 1, 32, 0, y));
        SpareGpu.Check(gpu.Launch("coordinates", 1, 32, 0, y));
    }

    [Fact]
    public void Launches_OfSeveralThreads_RunBesideEachOther()
    {
        using SpareGpu gpu = new();
        SpareGpu.Check(CudaDriver.CtxGetCurrent(out nint context));
        float[] values = [.. Enumerable.Range(0, 1024).Select(static i => (float)i)];
        nint x = SpareGpu.Upload<float>(values);
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, worker =>
        {
            SpareGpu.Check(CudaDriver.CtxGetCurrent(out nint before));
            SpareGpu.Check(CudaDriver.CtxSetCurrent(context));
            nint y = SpareGpu.Allocate(1024);
            for (int i = 0; i < 20; i++)
            {
                SpareGpu.Check(gpu.Launch("row_sum<128>", 8, 128, 16, y, x, 128));
            }

            Assert.Equal(Enumerable.Range(0, 8).Select(static row => (row * 128 * 128) + (127f * 64)), SpareGpu.Download<float>(y, 8));
            SpareGpu.Check(CudaDriver.CtxSetCurrent(before));
        });
    }

    [Fact]
    public void Calls_WithoutAContext_AreRefused()
    {
        using SpareGpu gpu = new();
        SpareGpu.Check(CudaDriver.CtxGetCurrent(out nint context));
        SpareGpu.Check(CudaDriver.CtxSetCurrent(0));
        Assert.Equal(CudaResult.InvalidContext, CudaDriver.MemAlloc(out _, 100));
        Assert.Equal(CudaResult.InvalidContext, CudaDriver.StreamSynchronize(0));
        SpareGpu.Check(CudaDriver.CtxSetCurrent(context));
    }
}
