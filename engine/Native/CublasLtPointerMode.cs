namespace LlavaCuda.Native;

/// <summary>Where alpha and beta lie (<c>cublasLtPointerMode_t</c>).</summary>
internal enum CublasLtPointerMode
{
    /// <summary>In the host's memory, read before the call returns.</summary>
    Host = 0,

    /// <summary>In the device's memory.</summary>
    Device = 1,
}
