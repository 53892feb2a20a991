namespace LlavaCuda.Native;

/// <summary>Whether a stream is being captured (<c>CUstreamCaptureStatus</c>).</summary>
internal enum CudaCaptureStatus
{
    /// <summary>It is not.</summary>
    None = 0,

    /// <summary>It is.</summary>
    Active = 1,

    /// <summary>It is, and a call has spoilt the capture.</summary>
    Invalidated = 2,
}
