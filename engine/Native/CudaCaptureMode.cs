namespace LlavaCuda.Native;

/// <summary>Which calls a capture forbids (<c>CUstreamCaptureMode</c>).</summary>
internal enum CudaCaptureMode
{
    /// <summary>Unsafe calls of the capturing thread.</summary>
    ThreadLocal = 1,
}
