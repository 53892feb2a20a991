namespace LlavaCuda.Native;

/// <summary>Who may use a device (<c>CUcomputemode</c>).</summary>
internal enum CudaComputeMode
{
    /// <summary>Any number of processes.</summary>
    Default = 0,

    /// <summary>Nobody.</summary>
    Prohibited = 2,

    /// <summary>One process.</summary>
    ExclusiveProcess = 3,
}
