using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <summary>
/// The matrix products of a device, through cuBLASLt: plans by problem, and the one workspace of its stream. The first product of a problem makes its plan, for which the library estimates the best
/// algorithm (without running any, so always the same one), or <see cref="GemmAutotune"/> measures it. Every later one finds it: no descriptor is made, and nothing is allocated.
/// </summary>
internal sealed class GemmPlans : IDisposable
{
    // Packed batches differ in their rows from step to step, each a new problem. So many plans are some megabytes of the host's memory.
    private const int MostPlans = 4096;
    private const long HopperWorkspaceBytes = 32L << 20;
    private const long WorkspaceBytes = 4L << 20;
    private readonly Dictionary<GemmProblem, GemmPlan> _plans = [];
    private readonly CudaDevice _device;
    private readonly GemmAutotune? _autotune;
    private readonly CublasLtHandle _handle;
    private readonly nint _workspace;
    private readonly long _workspaceBytes;

    /// <summary>Initializes a new instance of the <see cref="GemmPlans"/> class.</summary>
    /// <param name="device">The device, whose context is current on this thread.</param>
    /// <param name="autotune">Chooses algorithms by measuring them, or null to take the library's estimate.</param>
    internal GemmPlans(CudaDevice device, GemmAutotune? autotune)
    {
        _device = device;
        _autotune = autotune;
        _handle = CublasLtHandle.Create(device.Context);
        try
        {
            // NVIDIA's recommendation: less keeps the library from splitting products with many terms and few results.
            _workspaceBytes = device.Capability >= 90 ? HopperWorkspaceBytes : WorkspaceBytes;
            _workspace = CudaMemory.Allocate(_workspaceBytes, "the workspace of matrix products");
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>Gets the number of plans that had to be made.</summary>
    internal int Made { get; private set; }

    /// <summary>Queues a product.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="operands">Where the matrices lie, aligned as the problem says.</param>
    /// <exception cref="CublasException">The library has no algorithm for it, or does not start it; the message names the problem.</exception>
    internal void Multiply(in GemmProblem problem, in GemmOperands operands)
    {
        if (!_plans.TryGetValue(problem, out GemmPlan? plan))
        {
            if (_plans.Count == MostPlans)
            {
                Clear();
            }

            plan = Make(problem, operands);
            _plans.Add(problem, plan);
        }

        CublasStatus status = Run(plan, operands);
        if (status != CublasStatus.Success)
        {
            plan.Throw(status);
        }
    }

    /// <summary>Queues a product by a plan.</summary>
    internal CublasStatus Run(GemmPlan plan, in GemmOperands operands) => plan.Run(_handle.Value, operands, _workspace, _workspaceBytes, _device.Stream);

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        _ = CudaDriver.MemFree(_workspace);
        _handle.Dispose();
    }

    private GemmPlan Make(GemmProblem problem, in GemmOperands operands)
    {
        GemmPlan plan = new(problem);
        try
        {
            Span<CublasLtHeuristicResult> found = stackalloc CublasLtHeuristicResult[_autotune is null ? 1 : GemmAutotune.Candidates];
            int count = plan.Search(_handle.Value, _workspaceBytes, operands.Bias, found);
            plan.Use(found[0].Algo);
            _autotune?.Choose(this, plan, operands, found[..count]);
            Made++;
            return plan;
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    private void Clear()
    {
        foreach (GemmPlan plan in _plans.Values)
        {
            plan.Dispose();
        }

        _plans.Clear();
    }
}
