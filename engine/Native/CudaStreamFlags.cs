namespace LlavaCuda.Native;

/// <summary>How a stream is made (<c>CUstream_flags</c>).</summary>
[Flags]
internal enum CudaStreamFlags : uint
{
    /// <summary>It waits for the null stream and makes it wait.</summary>
    None = 0,

    /// <summary>It has nothing to do with the null stream.</summary>
    NonBlocking = 1,
}
