namespace LlavaCuda.Native;

/// <summary>cuBLASLt's result codes (<c>cublasStatus_t</c>).</summary>
public enum CublasStatus
{
    /// <summary>All is well.</summary>
    Success = 0,

    /// <summary>The library was not initialized, which most often means that the driver or the device's memory failed it.</summary>
    NotInitialized = 1,

    /// <summary>An allocation inside the library failed.</summary>
    AllocFailed = 3,

    /// <summary>An argument is wrong.</summary>
    InvalidValue = 7,

    /// <summary>The device is too old for what was asked.</summary>
    ArchMismatch = 8,

    /// <summary>Memory of the device could not be reached.</summary>
    MappingError = 11,

    /// <summary>A kernel of the library failed.</summary>
    ExecutionFailed = 13,

    /// <summary>The library failed.</summary>
    InternalError = 14,

    /// <summary>No kernel of the library does this product.</summary>
    NotSupported = 15,

    /// <summary>A licence is missing.</summary>
    LicenseError = 16,
}
