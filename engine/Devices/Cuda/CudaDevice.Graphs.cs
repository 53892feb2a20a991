using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <content>Passes that are captured once and launched as a whole.</content>
public sealed unsafe partial class CudaDevice
{
    /// <summary>Gets a value indicating whether launches may be captured; not while each is waited for.</summary>
    internal bool CanCapture => !_synchronous;

    internal override RepeatedPass Repeated(Action pass) => new CudaGraphPass(this, pass);

    /// <summary>Notes what a pass queues instead of running it.</summary>
    /// <param name="pass">Ops that ran before, so that nothing is left to compile or to allocate.</param>
    /// <returns>The graph, ready to launch.</returns>
    internal CudaGraphHandle Capture(Action pass)
    {
        using CudaCall call = BeginCall();

        // Other threads, the finalizer's among them, may free memory meanwhile.
        CudaException.ThrowIfFailed(CudaDriver.StreamBeginCapture(_stream.Value, CudaCaptureMode.ThreadLocal));
        try
        {
            pass();
        }
        catch
        {
            // The pass's error is the one to tell; the capture ends here in any case, and what it noted is thrown away.
            if (CudaDriver.StreamEndCapture(_stream.Value, out nint graph) == CudaResult.Success)
            {
                _ = CudaDriver.GraphDestroy(graph);
            }

            throw;
        }

        return CudaGraphHandle.EndCapture(_context, _stream);
    }

    /// <summary>Queues a graph.</summary>
    /// <param name="graph">From <see cref="Capture"/>.</param>
    internal void Launch(CudaGraphHandle graph)
    {
        using CudaCall call = BeginCall();
        CudaException.ThrowIfFailed(CudaDriver.GraphLaunch(graph.Value, _stream.Value));
    }

    /// <summary>Destroys a graph that may still be running.</summary>
    /// <param name="graph">From <see cref="Capture"/>.</param>
    internal void Forget(CudaGraphHandle graph)
    {
        using CudaCall call = BeginDisposal();
        if (!_disposed)
        {
            // An error of the device is not for the one who cleans up.
            _ = CudaDriver.StreamSynchronize(_stream.Value);
        }

        graph.Dispose();
    }
}
