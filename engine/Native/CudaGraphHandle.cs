namespace LlavaCuda.Native;

/// <summary>A graph that is ready to launch.</summary>
internal sealed class CudaGraphHandle : CudaObjectHandle
{
    private CudaGraphHandle(nint graphExec, CudaContextHandle context)
        : base(graphExec, context)
    {
    }

    /// <summary>Ends a stream's capture and makes its graph ready.</summary>
    /// <param name="context">The context, current on this thread.</param>
    /// <param name="stream">The captured stream.</param>
    /// <returns>The graph.</returns>
    internal static CudaGraphHandle EndCapture(CudaContextHandle context, CudaStreamHandle stream)
    {
        CudaException.ThrowIfFailed(CudaDriver.StreamEndCapture(stream.Value, out nint graph));
        CudaResult result = CudaDriver.GraphInstantiateWithFlags(out nint graphExec, graph, flags: 0);
        _ = CudaDriver.GraphDestroy(graph);
        CudaException.ThrowIfFailed(result, call: nameof(CudaDriver.GraphInstantiateWithFlags));
        return new CudaGraphHandle(graphExec, context);
    }

    /// <inheritdoc/>
    protected override bool Destroy() => CudaDriver.GraphExecDestroy(handle) == CudaResult.Success;
}
