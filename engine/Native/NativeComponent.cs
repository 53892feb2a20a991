namespace LlavaCuda.Native;

/// <summary>What CUDA is made of, as far as the engine needs it.</summary>
internal enum NativeComponent
{
    /// <summary>NVIDIA's driver.</summary>
    Driver,

    /// <summary>NVRTC, the compiler.</summary>
    Nvrtc,

    /// <summary>cuBLASLt, the matrix products.</summary>
    CublasLt,
}
