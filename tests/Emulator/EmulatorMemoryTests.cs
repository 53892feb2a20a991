using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LlavaCuda.Native;

namespace LlavaCuda.Tests.Emulation;

/// <summary>Device and shared memory: what is not written is not-a-number, and what is not theirs kernels cannot touch.</summary>
[Trait("Category", "Emulator")]
[Collection("Spare GPU")]
public sealed unsafe class EmulatorMemoryTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(100)]
    [InlineData(4096)]
    [InlineData((3 << 20) + 12)]
    public void Allocation_Fresh_IsNotANumberEverywhere(int bytes)
    {
        using SpareGpu gpu = new();
        nint address = SpareGpu.Allocate(bytes);
        Assert.Equal(0, address % 256);
        Assert.All(SpareGpu.Download<float>(address, bytes / sizeof(float)), static value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void SharedMemory_OfEveryBlock_IsNotANumber()
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(128 * sizeof(float));
        SpareGpu.Check(gpu.Launch("read_shared", 2, 64, 256, y));
        Assert.All(SpareGpu.Download<float>(y, 128), static value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void Variables_WithoutAValue_AreAGreatNumber()
    {
        using SpareGpu gpu = new();
        Assert.SkipUnless(Emulator.FillsVariables(), "g++ can fill variables since version 12.");
        nint y = SpareGpu.Allocate(8 * sizeof(float));
        SpareGpu.Check(gpu.Launch("read_local", 1, 8, 0, y, 2));
        Assert.All(SpareGpu.Download<float>(y, 8).Index(), static value => Assert.Equal(value.Index % 4 >= 2, MathF.Abs(value.Item) < 1e30f));
    }

    [Fact]
    public void Write_BehindAnAllocation_NamesKernelBlockThreadLineAndAllocation()
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(1000);
        CudaResult result = gpu.Launch("write_behind", 2, 64, 0, y, 256);
        SpareGpu.AssertFails(CudaResult.IllegalAddress, result, "write_behind, block (0, 0, 0), thread 40: write to", "24 bytes behind the allocation of 1000 bytes", EmulatorKernels.LineOf("void write_behind"));
        Assert.Contains(Emulator.LastError, TextOf(result), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_BetweenAnAllocationAndItsGuard_IsFoundAfterTheLaunch()
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(1000);
        SpareGpu.AssertFails(CudaResult.IllegalAddress, gpu.Launch("write_behind", 1, 64, 0, y, 251), "write_behind, argument 0", "4 bytes behind the allocation of 1000 bytes");
    }

    [Fact]
    public void Free_WithBytesBehindOverwritten_IsAnError()
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(1000);
        ((byte*)y)[1000] = 0;
        SpareGpu.AssertFails(CudaResult.IllegalAddress, CudaDriver.MemFree(y), "0 bytes behind the allocation of 1000 bytes");
    }

    [Theory]
    [InlineData(-65536, "bytes before the allocation")]
    [InlineData(300, "bytes behind the allocation of 1000 bytes")]
    [InlineData(1 << 28, "near")]
    public void Read_OutsideOfAnAllocation_IsAnError(int index, string part)
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(4);
        nint x = SpareGpu.Allocate(1000);
        CudaResult result = gpu.Launch("read_behind", 1, 1, 0, y, x, index);
        SpareGpu.AssertFails(CudaResult.IllegalAddress, result, "read_behind, block (0, 0, 0), thread 0: read of", index == 1 << 28 ? "read of" : part);
    }

    [Fact]
    public void Read_OfFreedMemory_IsAnError()
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(4);
        nint x = SpareGpu.Allocate(1000);
        SpareGpu.Check(CudaDriver.MemFree(x));
        SpareGpu.AssertFails(CudaResult.InvalidValue, gpu.Launch("read_behind", 1, 1, 0, y, x, 0), "argument 1", "not in device memory");
    }

    [Fact]
    public void Read_OfNull_IsAnError()
    {
        using SpareGpu gpu = new();
        CudaResult result = gpu.Launch("read_behind", 1, 1, 0, SpareGpu.Allocate(4), (nint)0, 3);
        SpareGpu.AssertFails(CudaResult.IllegalAddress, result, "a null pointer", EmulatorKernels.LineOf("void read_behind"));
    }

    [Theory]
    [InlineData(32, "write to shared memory at offset 128 of 128 bytes")]
    [InlineData(5000, "write to shared memory at offset 20000 of 128 bytes")]
    [InlineData(-5000, "write to shared memory at offset -20000 of 128 bytes")]
    [InlineData(-1, "a write 1 bytes before the start of shared memory")]
    public void Write_OutsideOfSharedMemory_IsAnError(int index, string part)
    {
        using SpareGpu gpu = new();
        SpareGpu.AssertFails(CudaResult.IllegalAddress, gpu.Launch("write_shared", 1, 1, 128, SpareGpu.Allocate(4), index), part);
    }

    [Theory]
    [InlineData("misaligned_vector", "thread 1: access of 16 bytes", "void misaligned_vector")]
    [InlineData("misaligned_matrix", "ldmatrix at shared offset 8, which is not a multiple of 16", "ldmatrix_x4(r,")]
    public void Access_OfVectorsMisaligned_IsAnError(string kernel, string part, string line)
    {
        using SpareGpu gpu = new();
        SpareGpu.AssertFails(CudaResult.MisalignedAddress, gpu.Launch(kernel, 1, 32, 1024, SpareGpu.Allocate(1024)), part, EmulatorKernels.LineOf(line));
    }

    [Theory]
    [InlineData("wrong_space<0>", "for global memory", "in shared memory", "// shared as global")]
    [InlineData("wrong_space<1>", "for global memory", "in local memory", "// local as global")]
    [InlineData("wrong_space<2>", "for shared memory", "in global memory", "// global as shared")]
    [InlineData("wrong_space<3>", "for global memory", "in shared memory", "// shared as source")]
    public void Access_ThroughTheWrongSpace_IsAnError(string kernel, string meant, string actual, string line)
    {
        using SpareGpu gpu = new();
        SpareGpu.AssertFails(CudaResult.IllegalAddress, gpu.Launch(kernel, 1, 1, 64, SpareGpu.Allocate(64)), meant, actual, EmulatorKernels.LineOf(line));
    }

    [Fact]
    public void Access_OfAWordMisaligned_IsAnError()
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(64);
        SpareGpu.Check(gpu.Launch("misaligned_word", 1, 1, 0, y, 4));
        SpareGpu.AssertFails(CudaResult.MisalignedAddress, gpu.Launch("misaligned_word", 1, 1, 0, y, 6), "alignment", EmulatorKernels.LineOf("y + offset"));
    }

    [Fact]
    public void Fault_OfAKernel_StaysUntilTheContextIsReleased()
    {
        using (SpareGpu gpu = new())
        {
            nint y = SpareGpu.Allocate(4);
            Assert.Equal(CudaResult.IllegalAddress, gpu.Launch("read_behind", 1, 1, 0, y, y, 1 << 28));
            SpareGpu.AssertFails(CudaResult.IllegalAddress, CudaDriver.MemFree(y), "read_behind");
            SpareGpu.AssertFails(CudaResult.IllegalAddress, CudaDriver.StreamSynchronize(0), "read_behind");
        }

        using SpareGpu next = new();
        SpareGpu.Check(CudaDriver.StreamSynchronize(0));
    }

    [Fact]
    public void Fault_OfStackOrDivision_EndsTheLaunchOnly()
    {
        using (SpareGpu gpu = new())
        {
            SpareGpu.AssertFails(CudaResult.LaunchFailed, gpu.Launch("deep", 1, 32, 0, SpareGpu.Allocate(4)), "thread 0", "bytes of stack");
        }

        // Only x86's division traps.
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "Integer division by zero gives zero on this processor.");
        using SpareGpu next = new();
        SpareGpu.AssertFails(CudaResult.LaunchFailed, next.Launch("divide", 1, 32, 0, SpareGpu.Allocate(4), 0), "integer division by zero", EmulatorKernels.LineOf("void divide"));
    }

    /// <summary>The runtime's own handler of faults still gets those that are not a kernel's.</summary>
    [Fact]
    public void Fault_OfManagedCode_IsStillAnException()
    {
        using SpareGpu gpu = new();
        SpareGpu.Check(gpu.Launch("coordinates", 1, 32, 0, SpareGpu.Allocate(128)));
        Assert.Throws<NullReferenceException>(static () => Read(null));
        Assert.Throws<DivideByZeroException>(static () => Divide(1, 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Touch_ByTheHostOfGuardedMemory_IsAnError(bool touches)
    {
        using SpareGpu gpu = new();
        nint before = SpareGpu.Upload<float>(1, 2, 3);
        Emulator.SetGuarded(true);
        nint after = SpareGpu.Upload<float>(4, 5, 6);
        SpareGpu.Check(gpu.Launch("scale<1>", 1, 128, 0, before, after, 2f, 3L));
        Assert.Equal([8f, 10f, 12f], SpareGpu.Download<float>(before, 3));
        if (touches)
        {
            Assert.Equal(8f, *(float*)before);
            SpareGpu.AssertFails(CudaResult.IllegalAddress, CudaDriver.StreamSynchronize(0), "code of the host has touched device memory", "byte 0 of the allocation of 12 bytes");
        }

        Assert.Equal(touches ? CudaResult.IllegalAddress : CudaResult.Success, CudaDriver.StreamSynchronize(0));
    }

    [Fact]
    public void Free_OfWhatIsNoAllocation_IsAnError()
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(1000);
        SpareGpu.AssertFails(CudaResult.InvalidValue, CudaDriver.MemFree(y + 256), "byte 256 of the allocation of 1000 bytes");
        SpareGpu.Check(CudaDriver.MemFree(y));
        Assert.Equal(CudaResult.InvalidValue, CudaDriver.MemFree(y));
    }

    [Fact]
    public void Copy_OverTheEnd_IsAnError()
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(100);
        byte* host = stackalloc byte[128];
        SpareGpu.AssertFails(CudaResult.InvalidValue, CudaDriver.MemcpyHtoDAsync(y, host, 101, 0), "the target of 101 bytes");
        SpareGpu.AssertFails(CudaResult.InvalidValue, CudaDriver.MemcpyDtoHAsync(host, y + 60, 41, 0), "the source of 41 bytes", "byte 60 of");
        SpareGpu.AssertFails(CudaResult.InvalidValue, CudaDriver.MemsetD8Async(y, 0, 101, 0), "a fill of 101 bytes");
    }

    [Fact]
    public void Allocation_BeyondMemoryOrMadeToFail_IsOutOfMemory()
    {
        using SpareGpu gpu = new();
        SpareGpu.Check(CudaDriver.MemGetInfo(out nuint free, out nuint total));
        Assert.Equal(4ul << 30, total);
        Assert.Equal(total, free);
        nint most = SpareGpu.Allocate((long)total - 100);
        SpareGpu.AssertFails(CudaResult.OutOfMemory, CudaDriver.MemAlloc(out _, 101), "101 bytes asked for");
        SpareGpu.Check(CudaDriver.MemFree(most));
        Emulator.FailAllocation(2);
        nint kept = SpareGpu.Allocate(10);
        Assert.Equal(CudaResult.OutOfMemory, CudaDriver.MemAlloc(out _, 10));
        SpareGpu.Check(CudaDriver.MemFree(kept));
        SpareGpu.Allocate(10);
    }

    [Fact]
    public void Statistics_CountWhatThisThreadDid()
    {
        using SpareGpu gpu = new();
        Emulator.ResetStatistics();
        nint y = SpareGpu.Upload<float>(1, 2);
        SpareGpu.Check(gpu.Launch("scale<1>", 1, 128, 0, y, y, 2f, 2L));
        SpareGpu.Check(CudaDriver.MemFree(y));
        Emulator.GetStatistics(out EmulatorStatistics now);
        Assert.Equal((1, 1, 1, 1, 0, 8), ((int)now.Launches, (int)now.Allocations, (int)now.Frees, (int)now.Copies, (int)now.BytesLive, (int)now.BytesPeak));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Read(int* address) => *address;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Divide(int a, int b) => a / b;

    private static string TextOf(CudaResult result)
    {
        SpareGpu.Check(CudaDriver.GetErrorString(result, out byte* text));
        return Marshal.PtrToStringUTF8((nint)text)!;
    }
}
