using System.Globalization;
using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <summary>
/// Chooses algorithms of products by measuring them, with the operands of a problem's first call. Two measurements may end differently, and two algorithms may round differently: a choice is therefore
/// kept on disk, and never measured again for the same problem, GPU and cuBLASLt.
/// </summary>
internal sealed class GemmAutotune
{
    /// <summary>How many algorithms of the library's list are measured, at most.</summary>
    internal const int Candidates = 16;
    private const int Runs = 5;
    private readonly CudaDevice _device;
    private readonly GemmChoices _choices;
    private readonly string _machine;

    /// <summary>Initializes a new instance of the <see cref="GemmAutotune"/> class.</summary>
    /// <param name="device">The device, whose context is current on threads that call.</param>
    /// <param name="choices">What was chosen before.</param>
    internal GemmAutotune(CudaDevice device, GemmChoices choices)
    {
        _device = device;
        _choices = choices;
        _machine = string.Create(CultureInfo.InvariantCulture, $"{device.Name}, {device.Multiprocessors} multiprocessors, cuBLASLt {CublasLt.GetVersion()}");
    }

    /// <summary>Gets the number of problems that had to be measured.</summary>
    internal int Measured { get; private set; }

    /// <summary>Gives a plan the algorithm that was chosen before, or else the fastest. Inside a capture nothing can be measured: there the plan keeps the estimate.</summary>
    /// <param name="plans">Runs plans.</param>
    /// <param name="plan">The plan, with the library's estimate of the best algorithm.</param>
    /// <param name="operands">The operands; what the result holds is lost unless the problem accumulates.</param>
    /// <param name="candidates">The algorithms, the best first by the library's estimate.</param>
    internal void Choose(GemmPlans plans, GemmPlan plan, in GemmOperands operands, ReadOnlySpan<CublasLtHeuristicResult> candidates)
    {
        if (candidates.Length == 1)
        {
            return;
        }

        string key = $"{_machine}: {plan.Problem}";
        if (_choices.Find(key) is not { } choice)
        {
            if (_device.IsCapturing)
            {
                return;
            }

            Measured++;
            choice = _choices.Keep(key, Measure(plans, plan, operands, candidates));
        }

        plan.Use(choice.Algorithm);
    }

    // Each run finds the operands outside of the cache, as a layer's weights are when its turn comes again.
    private unsafe GemmChoice Measure(GemmPlans plans, GemmPlan plan, GemmOperands operands, ReadOnlySpan<CublasLtHeuristicResult> candidates)
    {
        GemmChoice best = new(candidates[0].Algo, double.NaN);
        GemmProblem problem = plan.Problem;
        long cacheBytes = 2 * _device.CacheBytes;
        nint scratch;
        try
        {
            scratch = CudaMemory.Allocate(Math.Max(cacheBytes, problem.Accumulates ? problem.D.Bytes : 0), "a measurement of matrix products");
        }
        catch (InsufficientMemoryException)
        {
            // Kept as the choice, so that the next run takes the same.
            return best;
        }

        try
        {
            // What is accumulated is read where it is and written elsewhere.
            operands = problem.Accumulates ? operands with { D = scratch } : operands;
            using CudaTimer timer = new(_device);
            Span<double> seconds = stackalloc double[Runs];
            foreach (ref readonly CublasLtHeuristicResult candidate in candidates)
            {
                plan.Use(candidate.Algo);
                CublasStatus status = plans.Run(plan, operands);
                for (int run = 0; run < Runs && status == CublasStatus.Success; run++)
                {
                    CudaException.ThrowIfFailed(CudaDriver.MemsetD8Async(scratch, 0, (nuint)cacheBytes, _device.Stream));
                    timer.Start();
                    status = plans.Run(plan, operands);
                    seconds[run] = timer.Stop();
                }

                seconds.Sort();
                double microseconds = 1e6 * seconds[Runs / 2];
                if (status == CublasStatus.Success && !(microseconds >= best.Microseconds))
                {
                    best = new GemmChoice(candidate.Algo, microseconds);
                }
            }

            return best;
        }
        finally
        {
            _ = CudaDriver.StreamSynchronize(_device.Stream);
            _ = CudaDriver.MemFree(scratch);
        }
    }
}
