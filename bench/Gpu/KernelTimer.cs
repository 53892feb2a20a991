using LlavaCuda.Bench.Summary;
using LlavaCuda.Devices;

namespace LlavaCuda.Bench.Gpu;

/// <summary>Times queued work, on the device's own clock.</summary>
/// <param name="device">Whose time.</param>
internal sealed class KernelTimer(CudaDevice device) : IDisposable
{
    private const int MostCalls = 1000;
    private readonly CudaTimer _timer = new(device);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>Gets the median time of some runs behind one that does not count: for work that is long and may wait for the device itself.</summary>
    /// <param name="runs">How many.</param>
    /// <param name="run">The work.</param>
    /// <returns>Seconds.</returns>
    internal double Median(int runs, Action run)
    {
        run();
        return Statistics.Median(Enumerable.Range(0, runs).Select(_ => Time(1, run)));
    }

    /// <summary>Gets the median time of a call: after warming up, rounds of as many calls as fill some time, so that launches hide behind each other.</summary>
    /// <param name="rounds">How many rounds.</param>
    /// <param name="roundSeconds">How long one is.</param>
    /// <param name="run">Queues the work once.</param>
    /// <returns>Seconds.</returns>
    internal double Measure(int rounds, double roundSeconds, Action run)
    {
        // The first call compiles; the second shows about how long one takes.
        run();
        int calls = (int)Math.Clamp(roundSeconds / Math.Max(Time(1, run), 1e-7), 1, MostCalls);
        return Statistics.Median(Enumerable.Range(0, rounds).Select(_ => Time(calls, run)));
    }

    private double Time(int calls, Action run)
    {
        _timer.Start();
        for (int call = 0; call < calls; call++)
        {
            run();
        }

        return _timer.Stop() / calls;
    }
}
