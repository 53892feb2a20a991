using LlavaCuda.Bench.Summary;
using LlavaCuda.Devices;
using LlavaCuda.Native;

namespace LlavaCuda.Bench.Gpu;

/// <summary>Times queued work, on the device's own clock.</summary>
/// <param name="device">Whose time.</param>
internal sealed class KernelTimer(CudaDevice device) : IDisposable
{
    private const int MostCaptured = 200;
    private const int MostCalls = 1000;
    private readonly CudaTimer _timer = new(device);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>Calls once, and then keeps the device busy for some time.</summary>
    /// <param name="seconds">How long.</param>
    /// <param name="run">Queues work.</param>
    internal void WarmUp(double seconds, Action run)
    {
        // The first call compiles and plans, and meanwhile the device idles and lowers its clocks: that counts for nothing.
        run();
        device.Synchronize();
        for (double spent = 0; spent < seconds;)
        {
            spent += Time(1, run);
        }
    }

    /// <summary>Gets the median time of some runs behind one that does not count: for work that is long and may wait for the device itself.</summary>
    /// <param name="runs">How many.</param>
    /// <param name="run">The work.</param>
    /// <param name="before">What is to be done before each run, outside of the time.</param>
    /// <returns>Seconds.</returns>
    internal double Median(int runs, Action run, Action? before = null)
    {
        TimeOne();
        return Statistics.Median(Enumerable.Range(0, runs).Select(_ => TimeOne()));

        double TimeOne()
        {
            before?.Invoke();
            return Time(1, run);
        }
    }

    /// <summary>Gets the median time of a call over rounds of as many calls as fill some time, the first of which does not count; short calls as a graph, as decoding runs them.</summary>
    /// <param name="settings">Rounds and times.</param>
    /// <param name="run">Queues the work once.</param>
    /// <returns>Seconds.</returns>
    internal double Measure(TimerSettings settings, Action run)
    {
        // Once before it is seen how long a call takes, and once behind the capture, which idles the device again.
        WarmUp(settings.LeadSeconds, run);
        double about = Math.Max(Time(1, run), 1e-7);
        int calls = (int)Math.Clamp(settings.RoundSeconds / about, 1, MostCalls);
        if (about >= settings.ShortSeconds || !device.CanCapture)
        {
            return Rounds(calls, 1, run);
        }

        int captured = Math.Min(calls, MostCaptured);
        CudaGraphHandle graph = device.Capture(() => Repeat(captured, run));
        try
        {
            return Rounds((calls + captured - 1) / captured, captured, () => device.Launch(graph));
        }
        finally
        {
            device.Forget(graph);
        }

        double Rounds(int times, int callsOfOne, Action one)
        {
            WarmUp(settings.LeadSeconds, one);
            Time(times, one);
            return Statistics.Median(Enumerable.Range(0, settings.Rounds).Select(_ => Time(times, one) / callsOfOne));
        }
    }

    private static void Repeat(int times, Action run)
    {
        for (int i = 0; i < times; i++)
        {
            run();
        }
    }

    // Seconds of one of so many.
    private double Time(int times, Action run)
    {
        _timer.Start();
        Repeat(times, run);
        return _timer.Stop() / times;
    }
}
