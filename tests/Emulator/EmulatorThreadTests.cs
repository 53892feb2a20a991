using LlavaCuda.Devices;
using LlavaCuda.Native;

namespace LlavaCuda.Tests.Emulation;

/// <summary>The threads of a block: orders, barriers, warps, and the mistakes that kernels make with them.</summary>
[Trait("Category", "Emulator")]
[Collection("Spare GPU")]
public sealed class EmulatorThreadTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(127)]
    [InlineData(1000)]
    public void BlockSum_AnyOrder_GivesTheSameBits(int width)
    {
        using SpareGpu gpu = new();
        const int Rows = 5;
        float[] values = [.. Enumerable.Range(0, Rows * width).Select(static i => MathF.Sin(i))];
        nint x = SpareGpu.Upload<float>(values);
        nint y = SpareGpu.Allocate(Rows * sizeof(float));
        float[]? expected = null;
        foreach (Emulator.Order order in Enum.GetValues<Emulator.Order>())
        {
            Emulator.SetOrder(order, 3);
            SpareGpu.Check(gpu.Launch("row_sum<128>", Rows, 128, 16, y, x, width));
            float[] sums = SpareGpu.Download<float>(y, Rows);
            Assert.Equal(expected ??= sums, sums);
        }

        double first = values.Take(width).Sum(static v => (double)v);
        Assert.Equal(first, expected![0], 1e-4);
    }

    [Fact]
    public void Coordinates_GridOfThreeDimensions_AreAllVisitedOnceInAnyOrder()
    {
        using SpareGpu gpu = new();
        const int Threads = 45;
        nint y = SpareGpu.Allocate(30 * Threads * sizeof(uint));
        foreach (Emulator.Order order in Enum.GetValues<Emulator.Order>())
        {
            Emulator.SetOrder(order, 11);
            SpareGpu.Check(gpu.Launch("coordinates", new LaunchGrid(5, 3, 2), Threads, 0, y));
            Assert.Equal(Enumerable.Range(0, 30 * Threads).Select(static i => ((uint)(i / Threads) << 16) | (uint)(i % Threads)), SpareGpu.Download<uint>(y, 30 * Threads));
        }
    }

    [Fact]
    public void Atomics_OfAllThreads_AddUp()
    {
        using SpareGpu gpu = new();
        nint counters = SpareGpu.Upload<uint>(0, 0);
        SpareGpu.Check(gpu.Launch("count", 7, 100, 0, counters));
        Assert.Equal([1400u, 699u], SpareGpu.Download<uint>(counters, 2));
    }

    [Fact]
    public void Shuffles_OfEveryKind_FollowTheirSegments()
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(192 * sizeof(int));
        SpareGpu.Check(gpu.Launch("shuffles", 1, 32, 0, y));
        int[] lanes = [.. Enumerable.Range(0, 32)];
        int[] expected =
        [
            .. lanes.Select(static lane => (lane & ~7) | ((lane + 3) & 7)),
            .. lanes.Select(static lane => lane ^ 5),
            .. lanes.Select(static lane => lane + 4 < 32 ? lane + 4 : lane),
            .. lanes.Select(static lane => lane % 16 >= 4 ? lane - 4 : lane),
            .. lanes.Select(static _ => 0x49249249),
            .. lanes.Select(static _ => 2),
        ];
        Assert.Equal(expected, SpareGpu.Download<int>(y, 192));
    }

    [Fact]
    public void Shuffles_OfTwoHalves_DoNotWaitForEachOther()
    {
        using SpareGpu gpu = new();
        nint y = SpareGpu.Allocate(32 * sizeof(int));
        foreach (Emulator.Order order in Enum.GetValues<Emulator.Order>())
        {
            Emulator.SetOrder(order, 5);
            SpareGpu.Check(gpu.Launch("halves", 1, 32, 0, y));
            Assert.Equal(Enumerable.Range(0, 32).Select(static lane => lane < 16 ? lane + (lane ^ 1) : 376), SpareGpu.Download<int>(y, 32));
        }
    }

    [Fact]
    public void MatrixProduct_ThroughSharedMemory_AgreesWithDouble()
    {
        using SpareGpu gpu = new();
        float[] a = [.. Enumerable.Range(0, 256).Select(static i => ((i * 37 % 101) - 50) / 64f)];
        float[] b = [.. Enumerable.Range(0, 128).Select(static i => ((i * 53 % 97) - 48) / 64f)];
        ushort[] Bits(float[] values) => [.. values.Select(static v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16))];
        nint c = SpareGpu.Allocate(128 * sizeof(float));
        SpareGpu.Check(gpu.Launch("product", 1, 32, 1024, c, SpareGpu.Upload<ushort>(Bits(a)), SpareGpu.Upload<ushort>(Bits(b))));
        float[] actual = SpareGpu.Download<float>(c, 128);
        for (int i = 0; i < 128; i++)
        {
            double expected = Enumerable.Range(0, 16).Sum(k => (double)a[(i / 8 * 16) + k] * b[(k * 8) + (i % 8)]);
            Assert.Equal(expected, actual[i], 1e-5);
        }
    }

    [Fact]
    public void MissingBarrier_Orders_GiveDifferentBits()
    {
        using SpareGpu gpu = new();
        Assert.Single(Results("reversed<1>"));
        Assert.NotEqual(1, Results("reversed<0>").Count);

        HashSet<string> Results(string kernel)
        {
            nint y = SpareGpu.Allocate(96 * sizeof(float));
            HashSet<string> results = [];
            foreach (Emulator.Order order in Enum.GetValues<Emulator.Order>())
            {
                Emulator.SetOrder(order, 9);
                SpareGpu.Check(gpu.Launch(kernel, 1, 96, 96 * sizeof(float), y));
                results.Add(string.Join(' ', SpareGpu.Download<int>(y, 96)));
            }

            return results;
        }
    }

    [Theory]
    [InlineData("copied<1, 1>", true)]
    [InlineData("copied<0, 1>", false)]
    [InlineData("copied<1, 0>", false)]
    public void AsyncCopy_WithoutWaitOrBarrier_IsNotSeen(string kernel, bool arrives)
    {
        using SpareGpu gpu = new();
        const int Threads = 64;
        float[] values = [.. Enumerable.Range(0, Threads * 4).Select(static i => i + 1f)];
        nint x = SpareGpu.Upload<float>(values);
        nint y = SpareGpu.Allocate(Threads * sizeof(float));
        SpareGpu.Check(gpu.Launch(kernel, 1, Threads, Threads * 16, y, x));

        // What thread 5 asks for is no copy, but zeros.
        float[] expected = [.. Enumerable.Range(1, Threads).Select(i => i == 5 ? 0 : values[i % Threads * 4])];
        Assert.Equal(arrives, expected.SequenceEqual(SpareGpu.Download<float>(y, Threads)));
    }

    [Fact]
    public void AsyncCopy_UnderWayAtTheEnd_IsAFault()
    {
        using SpareGpu gpu = new();
        nint x = SpareGpu.Allocate(16);
        SpareGpu.AssertFails(
            CudaResult.LaunchFailed,
            gpu.Launch("left_with_copies", 1, 4, 4 * 32, x),
            "block (0, 0, 0), thread 0: left the kernel without waiting for a cp.async at " + EmulatorKernels.LineOf("// under way"));
    }

    [Fact]
    public void Barrier_AfterSomeHaveLeft_IsAnError()
    {
        using SpareGpu gpu = new();
        CudaResult result = gpu.Launch("left_before_barrier", 3, 64, 0, SpareGpu.Allocate(256));
        SpareGpu.AssertFails(CudaResult.LaunchFailed, result, "left_before_barrier, block (0, 0, 0)", $"threads 0-39 wait in __syncthreads at {EmulatorKernels.LineOf("// early")}", "threads 40-63 left");
    }

    [Fact]
    public void Barrier_InTwoPlaces_IsAnError()
    {
        using SpareGpu gpu = new();
        CudaResult result = gpu.Launch("divergent_barrier", 1, 64, 0, SpareGpu.Allocate(256));
        SpareGpu.AssertFails(CudaResult.LaunchFailed, result, $"threads 0-6 wait in __syncthreads at {EmulatorKernels.LineOf("// few")}", $"threads 7-63 wait in __syncthreads at {EmulatorKernels.LineOf("// many")}");
    }

    [Fact]
    public void Barrier_WhileOthersWaitInTheWarp_IsAnError()
    {
        using SpareGpu gpu = new();
        CudaResult result = gpu.Launch("barrier_and_warp", 1, 32, 0, SpareGpu.Allocate(256));
        SpareGpu.AssertFails(CudaResult.LaunchFailed, result, $"threads 0-15 wait in __syncwarp at {EmulatorKernels.LineOf("// half")}", $"threads 16-31 wait in __syncthreads at {EmulatorKernels.LineOf("// all")}");
    }

    [Theory]
    [InlineData("mask_without_self", 32, "does not name the calling lane 0")]
    [InlineData("mask_of_missing", 40, "which do not exist: the block has 40 threads")]
    [InlineData("mask_of_left", 32, "names lanes 0x7, which have left the kernel")]
    [InlineData("masks_differ", 32, "with mask 0xffffffff, while lane 0 waits in a shuffle with mask 0xfffeffff")]
    [InlineData("collectives_differ", 32, "__all_sync with mask 0xffffffff, while lane 0 waits in __any_sync")]
    public void Mask_ThatIsWrong_IsAnError(string kernel, int threads, string part)
    {
        using SpareGpu gpu = new();
        SpareGpu.AssertFails(CudaResult.LaunchFailed, gpu.Launch(kernel, 1, threads, 0, SpareGpu.Allocate(256)), kernel, part, EmulatorKernels.FileName);
    }
}
