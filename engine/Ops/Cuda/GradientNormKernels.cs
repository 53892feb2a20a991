using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>gradient_norm.cu</c>.</summary>
internal static class GradientNormKernels
{
    /// <summary>Gradients of a <see cref="Squares"/> block.</summary>
    internal const int Chunk = 1 << 15;

    /// <summary>Threads of a <see cref="Squares"/> block.</summary>
    internal const int Threads = 256;

    /// <summary>Threads of the one <see cref="Final"/> block.</summary>
    internal const int FinalThreads = 1024;

    internal static readonly KernelTemplate Squares = new("gradient_norm", "gradient_norm_squares", KernelVariant.Of(1), KernelVariant.Of(4));

    internal static readonly KernelTemplate Final = new("gradient_norm", "gradient_norm_final", KernelVariant.Of(FinalThreads));
}
