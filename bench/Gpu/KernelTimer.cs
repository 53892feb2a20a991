using LlavaCuda.Bench.Summary;
using LlavaCuda.Devices;

namespace LlavaCuda.Bench.Gpu;

/// <summary>Times queued work: after warming up, rounds of as many calls as fill a few milliseconds, so that launches hide behind each other; the median round counts.</summary>
/// <param name="device">Whose time.</param>
internal sealed class KernelTimer(CudaDevice device) : IDisposable
{
    private const int Rounds = 5;
    private const double RoundSeconds = 0.01;
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
        double[] seconds = new double[runs];
        for (int i = 0; i < runs; i++)
        {
            _timer.Start();
            run();
            seconds[i] = _timer.Stop();
        }

        return Statistics.Median(seconds);
    }

    /// <summary>Gets the median time of a call.</summary>
    /// <param name="run">Queues the work once.</param>
    /// <returns>Seconds.</returns>
    internal double Measure(Action run)
    {
        // The first call compiles; the second shows about how long one takes.
        run();
        _timer.Start();
        run();
        int calls = (int)Math.Clamp(RoundSeconds / Math.Max(_timer.Stop(), 1e-7), 1, 1000);
        double[] seconds = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            _timer.Start();
            for (int call = 0; call < calls; call++)
            {
                run();
            }

            seconds[round] = _timer.Stop() / calls;
        }

        return Statistics.Median(seconds);
    }
}
