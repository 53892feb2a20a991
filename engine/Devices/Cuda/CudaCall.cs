namespace LlavaCuda.Devices;

/// <summary>A call of a CUDA device under way: from <see cref="CudaDevice.BeginCall"/> until it is disposed, calls of other threads are refused.</summary>
internal readonly ref struct CudaCall
{
    private readonly CudaDevice? _outermost;

    /// <summary>Initializes a new instance of the <see cref="CudaCall"/> struct.</summary>
    /// <param name="outermost">The device, or null for a call inside of another.</param>
    internal CudaCall(CudaDevice? outermost) => _outermost = outermost;

    /// <summary>Ends the call.</summary>
    public void Dispose() => _outermost?.EndCall();
}
