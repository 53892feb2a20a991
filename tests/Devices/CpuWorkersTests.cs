using System.Runtime.InteropServices;
using LlavaCuda.Devices;

namespace LlavaCuda.Tests.Devices;

public sealed unsafe class CpuWorkersTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Run_AnyChunkCount_RunsEachChunkOnce(int threads)
    {
        using CpuWorkers workers = new(threads);
        int* counts = stackalloc int[1000];
        for (int chunks = 0; chunks <= 1000; chunks++)
        {
            new Span<int>(counts, 1000).Clear();
            workers.Run(chunks, counts, &Count);
            for (int i = 0; i < 1000; i++)
            {
                Assert.Equal(i < chunks ? 1 : 0, counts[i]);
            }
        }
    }

    [Fact]
    public void Run_WorkersAsleep_WakesThem()
    {
        using CpuWorkers workers = new(3);
        int* counts = stackalloc int[3];
        for (int round = 1; round <= 20; round++)
        {
            Thread.Sleep(2);
            workers.Run(3, counts, &Count);
            Assert.Equal([round, round, round], new Span<int>(counts, 3).ToArray());
        }
    }

    [Fact]
    public void Run_ManySmallJobs_AllocatesNothing()
    {
        using CpuWorkers workers = new(2);
        int* counts = stackalloc int[2];
        const int Jobs = 10_000;

        // A caller that has to wait sleeps; what the runtime needs for that it may make the first time.
        workers.Run(2, counts, &CountSlowly);
        Allocations.AssertNone(() =>
        {
            for (int i = 0; i < Jobs; i++)
            {
                workers.Run(2, counts, &Count);
            }
        });
        Assert.Equal((3 * Jobs) + 1, counts[0]);
        Assert.Equal((3 * Jobs) + 1, counts[1]);
    }

    [Fact]
    public void Run_SlowChunkElsewhere_WaitsForIt()
    {
        using CpuWorkers workers = new(2);
        int* counts = stackalloc int[2];
        workers.Run(2, counts, &CountSlowly);
        Assert.Equal(1, counts[0]);
        Assert.Equal(1, counts[1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Run_BodyThrows_RethrowsAndStaysUsable(int threads)
    {
        using CpuWorkers workers = new(threads);
        nint address = 0;
        InvalidOperationException fault = Assert.Throws<InvalidOperationException>(() => workers.Run(8, (void*)address, &Throw));
        Assert.Equal("chunk 5", fault.Message);
        int* counts = stackalloc int[4];
        workers.Run(4, counts, &Count);
        Assert.Equal([1, 1, 1, 1], new Span<int>(counts, 4).ToArray());
    }

    [Fact]
    public void Run_InsideABody_RunsInline()
    {
        using CpuWorkers workers = new(2);
        int* counts = stackalloc int[4];
        Nest nest = new() { Workers = GCHandle.ToIntPtr(GCHandle.Alloc(workers)), Counts = counts };
        workers.Run(6, &nest, &RunNested);
        GCHandle.FromIntPtr(nest.Workers).Free();
        Assert.Equal([6, 6, 6, 6], new Span<int>(counts, 4).ToArray());
    }

    [Fact]
    public void Run_FromSeveralThreads_TakesTurns()
    {
        using CpuWorkers workers = new(2);
        int total = 0;
        nint address = (nint)(&total);
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 500; i++)
            {
                workers.Run(7, (void*)address, &Add);
            }
        });
        Assert.Equal(4 * 500 * 7, total);
    }

    [Fact]
    public void Run_AfterDispose_Throws()
    {
        CpuWorkers workers = new(2);
        workers.Dispose();
        workers.Dispose();
        nint address = 0;
        Assert.Throws<ObjectDisposedException>(() => workers.Run(2, (void*)address, &Count));
    }

    private static void Count(void* context, long chunk) => Interlocked.Increment(ref ((int*)context)[chunk]);

    private static void Add(void* context, long chunk) => Interlocked.Increment(ref *(int*)context);

    private static void CountSlowly(void* context, long chunk)
    {
        Thread.Sleep(20);
        Interlocked.Increment(ref ((int*)context)[chunk]);
    }

    private static void Throw(void* context, long chunk)
    {
        if (chunk == 5)
        {
            throw new InvalidOperationException("chunk 5");
        }
    }

    private static void RunNested(void* context, long chunk)
    {
        Nest* nest = (Nest*)context;
        CpuWorkers workers = (CpuWorkers)GCHandle.FromIntPtr(nest->Workers).Target!;
        workers.Run(4, nest->Counts, &Count);
    }

    private struct Nest
    {
        public nint Workers;
        public int* Counts;
    }
}
