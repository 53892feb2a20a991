using LlavaCuda.Native;

namespace LlavaCuda.Tests.Emulation;

/// <summary>Streams that work late, events between them, and graphs.</summary>
[Trait("Category", "Emulator")]
[Collection("Spare GPU")]
public sealed unsafe class EmulatorStreamTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Streams_Deferred_ShowAMissingWait(bool waits)
    {
        using SpareGpu gpu = new();
        HashSet<float> results = [];
        for (ulong seed = 1; seed <= 16; seed++)
        {
            Emulator.SetDeferred(true);
            Emulator.SetOrder(Emulator.Order.Forward, seed);
            nint first = CreateStream();
            nint second = CreateStream();
            SpareGpu.Check(CudaDriver.EventCreate(out nint done, CudaEventFlags.DisableTiming));
            nint x = SpareGpu.Upload<float>(1);
            nint y = SpareGpu.Upload<float>(0);
            SpareGpu.Check(gpu.LaunchOn(first, "scale<1>", 1, 128, 0, x, x, 3f, 1L));
            SpareGpu.Check(CudaDriver.EventRecord(done, first));
            if (waits)
            {
                SpareGpu.Check(CudaDriver.StreamWaitEvent(second, done, 0));
            }

            SpareGpu.Check(gpu.LaunchOn(second, "scale<1>", 1, 128, 0, y, x, 1f, 1L));
            SpareGpu.Check(CudaDriver.StreamSynchronize(second));
            SpareGpu.Check(CudaDriver.StreamSynchronize(first));
            results.Add(SpareGpu.Download<float>(y, 1)[0]);
            Assert.Equal(3f, SpareGpu.Download<float>(x, 1)[0]);
            SpareGpu.Check(CudaDriver.EventDestroy(done));
            SpareGpu.Check(CudaDriver.StreamDestroy(first));
            SpareGpu.Check(CudaDriver.StreamDestroy(second));
        }

        Assert.Equal(waits ? [3f] : [1f, 3f], results.Order());
    }

    /// <summary>A kernel may still read what the host writes over, unless the host waits.</summary>
    [Fact]
    public void Copy_FromPinnedMemoryDeferred_ReadsItLate()
    {
        using SpareGpu gpu = new();
        Emulator.SetDeferred(true);
        nint stream = CreateStream();
        nint x = SpareGpu.Allocate(4);
        SpareGpu.Check(CudaDriver.MemHostAlloc(out nint pinned, 4, 0));
        *(float*)pinned = 1;
        float pageable = 1;
        nint z = SpareGpu.Allocate(4);
        SpareGpu.Check(CudaDriver.MemcpyHtoDAsync(x, (void*)pinned, 4, stream));
        SpareGpu.Check(CudaDriver.MemcpyHtoDAsync(z, &pageable, 4, stream));
        *(float*)pinned = 2;
        pageable = 2;
        SpareGpu.Check(CudaDriver.StreamSynchronize(stream));
        Assert.Equal(2f, SpareGpu.Download<float>(x, 1)[0]);
        Assert.Equal(1f, SpareGpu.Download<float>(z, 1)[0]);
    }

    [Fact]
    public void Events_Recorded_MeasureTime()
    {
        using SpareGpu gpu = new();
        SpareGpu.Check(CudaDriver.EventCreate(out nint start, default));
        SpareGpu.Check(CudaDriver.EventCreate(out nint end, default));
        SpareGpu.Check(CudaDriver.EventRecord(start, 0));
        Assert.Equal(CudaResult.InvalidHandle, CudaDriver.EventElapsedTime(out _, start, end));
        SpareGpu.Check(CudaDriver.EventRecord(end, 0));
        SpareGpu.Check(CudaDriver.EventElapsedTime(out float milliseconds, start, end));
        Assert.InRange(milliseconds, 0, 10_000);
    }

    [Fact]
    public void Graph_Replayed_UsesTheArgumentsOfTheCapture()
    {
        using SpareGpu gpu = new();
        nint stream = CreateStream();
        nint x = SpareGpu.Upload<float>(1, 2);
        nint y = SpareGpu.Upload<float>(7, 7);
        float factor = 3;
        byte filling = 0;
        SpareGpu.Check(CudaDriver.StreamBeginCapture(stream, CudaCaptureMode.ThreadLocal));
        SpareGpu.Check(gpu.LaunchOn(stream, "scale<1>", 1, 128, 0, x, x, factor, 2L));
        factor = 5;
        SpareGpu.Check(CudaDriver.MemcpyDtoDAsync(y, x, 4, stream));
        SpareGpu.Check(CudaDriver.MemsetD8Async(y + 4, filling, 4, stream));
        filling = 255;
        SpareGpu.Check(CudaDriver.StreamEndCapture(stream, out nint graph));
        Assert.Equal([1f, 2f], SpareGpu.Download<float>(x, 2));
        SpareGpu.Check(CudaDriver.GraphInstantiateWithFlags(out nint executable, graph, 0));
        SpareGpu.Check(CudaDriver.GraphDestroy(graph));
        SpareGpu.Check(CudaDriver.GraphLaunch(executable, stream));
        SpareGpu.Check(CudaDriver.GraphLaunch(executable, stream));
        SpareGpu.Check(CudaDriver.StreamSynchronize(stream));
        Assert.Equal([9f, 18f], SpareGpu.Download<float>(x, 2));
        Assert.Equal([9f, 0f], SpareGpu.Download<float>(y, 2));
        SpareGpu.Check(CudaDriver.GraphExecDestroy(executable));
        Assert.Equal(CudaResult.InvalidHandle, CudaDriver.GraphLaunch(executable, stream));
    }

    [Fact]
    public void Capture_OfTwoStreams_FollowsTheirEvents()
    {
        using SpareGpu gpu = new();
        nint stream = CreateStream();
        nint other = CreateStream();
        nint x = SpareGpu.Upload<float>(1);
        SpareGpu.Check(CudaDriver.EventCreate(out nint fork, CudaEventFlags.DisableTiming));
        SpareGpu.Check(CudaDriver.EventCreate(out nint join, CudaEventFlags.DisableTiming));
        nint graph = Capture(joins: true);
        SpareGpu.Check(CudaDriver.GraphInstantiateWithFlags(out nint executable, graph, 0));
        SpareGpu.Check(CudaDriver.GraphLaunch(executable, stream));
        Assert.Equal(15f, SpareGpu.Download<float>(x, 1)[0]);
        Assert.Equal(0, Capture(joins: false));

        nint Capture(bool joins)
        {
            SpareGpu.Check(CudaDriver.StreamBeginCapture(stream, CudaCaptureMode.ThreadLocal));
            SpareGpu.Check(CudaDriver.EventRecord(fork, stream));
            SpareGpu.Check(CudaDriver.StreamWaitEvent(other, fork, 0));
            SpareGpu.Check(gpu.LaunchOn(other, "scale<1>", 1, 128, 0, x, x, 3f, 1L));
            SpareGpu.Check(CudaDriver.EventRecord(join, other));
            if (joins)
            {
                SpareGpu.Check(CudaDriver.StreamWaitEvent(stream, join, 0));
            }

            SpareGpu.Check(gpu.LaunchOn(stream, "scale<1>", 1, 128, 0, x, x, 5f, 1L));
            Assert.Equal(joins ? CudaResult.Success : CudaResult.StreamCaptureUnjoined, CudaDriver.StreamEndCapture(stream, out nint graph));
            return graph;
        }
    }

    [Theory]
    [InlineData("allocate")]
    [InlineData("synchronize")]
    [InlineData("free")]
    public void Capture_WithACallThatWaits_IsSpoilt(string call)
    {
        using SpareGpu gpu = new();
        nint stream = CreateStream();
        nint x = SpareGpu.Upload<float>(1);
        SpareGpu.Check(CudaDriver.StreamBeginCapture(stream, CudaCaptureMode.ThreadLocal));
        Assert.Equal(CudaResult.StreamCaptureUnsupported, call switch
        {
            "allocate" => CudaDriver.MemAlloc(out _, 4),
            "synchronize" => CudaDriver.StreamSynchronize(stream),
            _ => CudaDriver.MemFree(x),
        });
        Assert.Equal(CudaResult.StreamCaptureInvalidated, gpu.LaunchOn(stream, "scale<1>", 1, 128, 0, x, x, 3f, 1L));
        Assert.Equal(CudaResult.StreamCaptureInvalidated, CudaDriver.StreamEndCapture(stream, out nint graph));
        Assert.Equal(0, graph);
        SpareGpu.Check(CudaDriver.StreamSynchronize(stream));
    }

    private static nint CreateStream()
    {
        SpareGpu.Check(CudaDriver.StreamCreate(out nint stream, CudaStreamFlags.NonBlocking));
        return stream;
    }
}
