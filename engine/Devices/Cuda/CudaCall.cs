using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <summary>A call of a CUDA device under way: from <see cref="CudaDevice.BeginCall"/> or <see cref="CudaDevice.BeginDisposal"/> until it is disposed, calls of other threads are refused.</summary>
internal readonly ref struct CudaCall
{
    private readonly CudaDevice? _outermost;
    private readonly CudaContextScope _scope;

    /// <summary>Initializes a new instance of the <see cref="CudaCall"/> struct.</summary>
    /// <param name="outermost">The device, or null for a call inside of another.</param>
    /// <param name="scope">Ends with it: calls leave their context current, disposals do not.</param>
    internal CudaCall(CudaDevice? outermost, CudaContextScope scope = default)
    {
        _outermost = outermost;
        _scope = scope;
    }

    /// <summary>Ends the call.</summary>
    public void Dispose()
    {
        _scope.Dispose();
        if (_scope.IsSwitch)
        {
            CudaDevice.ForgetCurrent();
        }

        _outermost?.EndCall();
    }
}
