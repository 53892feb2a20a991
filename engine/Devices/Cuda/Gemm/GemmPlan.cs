using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <summary>All that a product needs besides its operands, made once: cuBLASLt's descriptions and the algorithm.</summary>
internal sealed unsafe class GemmPlan : IDisposable
{
    private readonly GemmProblem _problem;
    private readonly nint _operation;
    private readonly nint _a;
    private readonly nint _b;
    private readonly nint _d;
    private CublasLtMatmulAlgo _algorithm;

    /// <summary>Initializes a new instance of the <see cref="GemmPlan"/> class, without an algorithm.</summary>
    /// <param name="problem">The problem.</param>
    internal GemmPlan(GemmProblem problem)
    {
        _problem = problem;
        try
        {
            // Sums are fp32, and fp32 factors are not rounded: never TF32.
            CublasException.ThrowIfFailed(CublasLt.MatmulDescCreate(out _operation, CublasComputeType.F32, CublasDataType.R32F));
            Set(CublasLtMatmulDescAttribute.TransA, problem.TransposeA ? CublasOperation.Transpose : CublasOperation.None);
            Set(CublasLtMatmulDescAttribute.TransB, problem.TransposeB ? CublasOperation.Transpose : CublasOperation.None);
            if (problem.HasBias)
            {
                Set(CublasLtMatmulDescAttribute.Epilogue, CublasLtEpilogue.Bias);
                Set(CublasLtMatmulDescAttribute.BiasDataType, GemmMatrix.NameOf(problem.Output));
            }

            _a = problem.A.CreateLayout();
            _b = problem.B.CreateLayout();
            _d = problem.D.CreateLayout();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Gets the problem.</summary>
    internal GemmProblem Problem => _problem;

    /// <summary>Searches algorithms that give the same bits every time.</summary>
    /// <param name="handle">cuBLASLt.</param>
    /// <param name="workspaceBytes">The most that they may use.</param>
    /// <param name="bias">A bias like those to come, or 0.</param>
    /// <param name="results">Receives the algorithms, the best first by the library's estimate.</param>
    /// <returns>How many there are.</returns>
    /// <exception cref="CublasException">There is none; the message names the problem.</exception>
    internal int Search(nint handle, long workspaceBytes, nint bias, Span<CublasLtHeuristicResult> results)
    {
        Set(bias);
        CublasException.ThrowIfFailed(CublasLt.MatmulPreferenceCreate(out nint preference));
        try
        {
            SetPreference(preference, CublasLtPreferenceAttribute.MaxWorkspaceBytes, (ulong)workspaceBytes);

            // Parts of a split product are summed in fp32 and in a fixed order, or not at all.
            SetPreference(preference, CublasLtPreferenceAttribute.ReductionSchemeMask, CublasLtReductionSchemes.None | CublasLtReductionSchemes.ComputeType);
            SetPreference(preference, CublasLtPreferenceAttribute.MinAlignmentABytes, _problem.AlignmentA);
            SetPreference(preference, CublasLtPreferenceAttribute.MinAlignmentBBytes, _problem.AlignmentB);
            SetPreference(preference, CublasLtPreferenceAttribute.MinAlignmentCBytes, _problem.AlignmentD);
            SetPreference(preference, CublasLtPreferenceAttribute.MinAlignmentDBytes, _problem.AlignmentD);
            int found;
            CublasStatus status;
            fixed (CublasLtHeuristicResult* first = results)
            {
                status = CublasLt.MatmulAlgoGetHeuristic(handle, _operation, _a, _b, _d, _d, preference, results.Length, first, out found);
            }

            int sound = 0;
            for (int i = 0; status == CublasStatus.Success && i < found; i++)
            {
                if (results[i].State == CublasStatus.Success && (long)results[i].WorkspaceSize <= workspaceBytes)
                {
                    results[sound++] = results[i];
                }
            }

            if (sound == 0)
            {
                CublasException.ThrowIfFailed(status == CublasStatus.Success ? CublasStatus.NotSupported : status, $"the product {_problem}", nameof(CublasLt.MatmulAlgoGetHeuristic));
            }

            return sound;
        }
        finally
        {
            _ = CublasLt.MatmulPreferenceDestroy(preference);
        }
    }

    /// <summary>Says which algorithm <see cref="Run"/> takes from now on.</summary>
    internal void Use(CublasLtMatmulAlgo algorithm) => _algorithm = algorithm;

    /// <summary>Queues the product.</summary>
    /// <param name="handle">cuBLASLt.</param>
    /// <param name="operands">Where the matrices lie, aligned as the problem says.</param>
    /// <param name="workspace">Memory that nothing else in the stream uses meanwhile.</param>
    /// <param name="workspaceBytes">Its size.</param>
    /// <param name="stream">The stream.</param>
    /// <returns>The library's code, for <see cref="Throw"/>.</returns>
    internal CublasStatus Run(nint handle, in GemmOperands operands, nint workspace, long workspaceBytes, nint stream)
    {
        Set(operands.Bias);
        float alpha = 1;
        float beta = _problem.Accumulates ? 1 : 0;
        fixed (CublasLtMatmulAlgo* algorithm = &_algorithm)
        {
            return CublasLt.Matmul(handle, _operation, &alpha, operands.A, _a, operands.B, _b, &beta, operands.C, _d, operands.D, _d, algorithm, workspace, (nuint)workspaceBytes, stream);
        }
    }

    /// <summary>Throws what a failed <see cref="Run"/> was about.</summary>
    /// <exception cref="CublasException">Always.</exception>
    internal void Throw(CublasStatus status) => CublasException.ThrowIfFailed(status, $"the product {_problem}", nameof(CublasLt.Matmul));

    /// <inheritdoc/>
    public void Dispose()
    {
        Destroy(_a);
        Destroy(_b);
        Destroy(_d);
        if (_operation != 0)
        {
            _ = CublasLt.MatmulDescDestroy(_operation);
        }

        static void Destroy(nint layout)
        {
            if (layout != 0)
            {
                _ = CublasLt.MatrixLayoutDestroy(layout);
            }
        }
    }

    private static void SetPreference<T>(nint preference, CublasLtPreferenceAttribute attribute, T value)
        where T : unmanaged => CublasException.ThrowIfFailed(CublasLt.MatmulPreferenceSetAttribute(preference, attribute, &value, (nuint)sizeof(T)));

    private void Set<T>(CublasLtMatmulDescAttribute attribute, T value)
        where T : unmanaged => CublasException.ThrowIfFailed(CublasLt.MatmulDescSetAttribute(_operation, attribute, &value, (nuint)sizeof(T)));

    private void Set(nint bias)
    {
        if (_problem.HasBias)
        {
            Set(CublasLtMatmulDescAttribute.BiasPointer, bias);
        }
    }
}
