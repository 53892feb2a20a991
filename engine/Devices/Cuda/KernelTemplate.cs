namespace LlavaCuda.Devices;

/// <summary>
/// A kernel in a file of <c>kernels/</c> and all instances of it that may ever be launched, so that a test can compile them all for every architecture.
/// </summary>
internal sealed class KernelTemplate
{
    private readonly HashSet<KernelVariant> _instances;

    /// <summary>Initializes a new instance of the <see cref="KernelTemplate"/> class.</summary>
    /// <param name="stem">The file's name without <c>.cu</c>.</param>
    /// <param name="function">The kernel's name.</param>
    /// <param name="instances">All its instances.</param>
    internal KernelTemplate(string stem, string function, params IEnumerable<KernelVariant> instances)
    {
        Stem = stem;
        Function = function;
        _instances = [.. instances];
    }

    /// <summary>Gets the file's name without <c>.cu</c>.</summary>
    internal string Stem { get; }

    /// <summary>Gets the kernel's name.</summary>
    internal string Function { get; }

    /// <summary>Gets all instances.</summary>
    internal IReadOnlyCollection<KernelVariant> Instances => _instances;

    /// <summary>Writes how CUDA C++ names an instance.</summary>
    /// <param name="variant">One of <see cref="Instances"/>.</param>
    /// <returns>For example <c>rmsnorm_forward&lt;bf16, 128, 4&gt;</c>.</returns>
    /// <exception cref="ArgumentException">It is not one of the declared instances.</exception>
    internal string NameExpression(KernelVariant variant) => _instances.Contains(variant)
        ? Function + variant
        : throw new ArgumentException($"Kernel {Function}{variant} is not among the declared instances of {Stem}.cu.");
}
