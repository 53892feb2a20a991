using LlavaCuda.Bench.Gpu;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Bench;

/// <summary>How often the timer of the GPU check calls what it times: a first run that counted would have compiled.</summary>
[Trait("Category", "Emulator")]
public sealed class KernelTimerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Median_OfRuns_HasOneBeforeThem(int runs)
    {
        int before = 0;
        Assert.Equal(runs + 1, Calls((timer, run) => Assert.True(timer.Median(runs, run, () => before++) > 0)));
        Assert.Equal(runs + 1, before);
    }

    [Fact]
    public void WarmUp_WithoutTime_CallsOnce() => Assert.Equal(1, Calls(static (timer, run) => timer.WarmUp(0, run)));

    // A call to warm up and one to see how long it takes; as a graph another that is captured, else one to warm up, the round that does not count, and those that do.
    [Theory]
    [InlineData(double.MaxValue, 3)]
    [InlineData(0, 7)]
    public void Measure_OneCallARound_RunsWhatDoesNotCountFirst(double shortSeconds, int calls)
    {
        TimerSettings settings = new() { Rounds = 3, RoundSeconds = 0, ShortSeconds = shortSeconds, LeadSeconds = 0 };
        Assert.Equal(calls, Calls((timer, run) => Assert.True(timer.Measure(settings, run) > 0)));
    }

    private static int Calls(Action<KernelTimer, Action> test)
    {
        CudaDevice device = CudaDevices.Rent(DType.BF16, Emulator.Order.Forward);
        try
        {
            using KernelTimer timer = new(device);
            using DeviceMemory memory = device.Allocate(1 << 10, "a test");
            Tensor x = new(memory.Address, DType.BF16, new Shape([64]));
            int calls = 0;
            test(timer, () =>
            {
                calls++;
                Fill.Forward(device, x, 1);
            });
            return calls;
        }
        finally
        {
            CudaDevices.Return(device);
        }
    }
}
