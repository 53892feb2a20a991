using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <summary>The kernels of one device: found when first launched, from memory, disk or the compiler.</summary>
internal sealed class KernelLibrary : IDisposable
{
    private readonly Dictionary<(KernelTemplate Template, KernelVariant Variant), Kernel> _loaded = [];
    private readonly CudaContextHandle _context;
    private readonly KernelCompiler _compiler;
    private readonly KernelCache _cache;

    /// <summary>Initializes a new instance of the <see cref="KernelLibrary"/> class.</summary>
    /// <param name="context">The context, current on threads that call.</param>
    /// <param name="compiler">For the device's architecture.</param>
    /// <param name="cache">What earlier processes compiled.</param>
    internal KernelLibrary(CudaContextHandle context, KernelCompiler compiler, KernelCache cache)
    {
        _context = context;
        _compiler = compiler;
        _cache = cache;
    }

    /// <summary>Gets the number of kernels that had to be compiled.</summary>
    internal int Compiled { get; private set; }

    /// <summary>Gets an instance.</summary>
    /// <param name="template">The kernel.</param>
    /// <param name="variant">The instance.</param>
    /// <returns>The loaded kernel.</returns>
    internal Kernel Get(KernelTemplate template, KernelVariant variant)
    {
        if (!_loaded.TryGetValue((template, variant), out Kernel? kernel))
        {
            kernel = Load(template.Stem, template.NameExpression(variant));
            _loaded.Add((template, variant), kernel);
        }

        return kernel;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Kernel kernel in _loaded.Values)
        {
            kernel.Dispose();
        }

        _loaded.Clear();
    }

    private Kernel Load(string stem, string expression)
    {
        string key = KernelCache.Key(_compiler.Dependencies(stem, expression));
        if (_cache.Find(key) is { } kept)
        {
            try
            {
                return new Kernel(_context, expression, kept);
            }
            catch (CudaException error) when (error.Result is CudaResult.InvalidImage or CudaResult.NoBinaryForGpu or CudaResult.InvalidPtx or CudaResult.UnsupportedPtxVersion or CudaResult.NotFound)
            {
                // Sound, but not for this driver: compile it anew.
                _cache.Forget(key);
            }
        }

        CompiledKernel code = _compiler.Compile(stem, expression);
        Compiled++;
        Kernel kernel = new(_context, expression, code);
        _cache.Keep(key, code);
        return kernel;
    }
}
