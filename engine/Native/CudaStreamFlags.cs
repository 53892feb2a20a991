namespace LlavaCuda.Native;

/// <summary>How a stream is made (<c>CUstream_flags</c>).</summary>
[Flags]
internal enum CudaStreamFlags : uint
{
    /// <summary>It has nothing to do with the null stream.</summary>
    NonBlocking = 1,
}
