using System.Text;

namespace LlavaCuda.Native;

/// <summary>A module: the kernels of one cubin or PTX text.</summary>
internal sealed unsafe class CudaModuleHandle : CudaObjectHandle
{
    private CudaModuleHandle(nint module, CudaContextHandle context)
        : base(module, context)
    {
    }

    /// <summary>Loads a module.</summary>
    /// <param name="context">The context, current on this thread.</param>
    /// <param name="image">The cubin, or PTX that ends with a zero.</param>
    /// <param name="name">What an error names.</param>
    /// <returns>The module.</returns>
    internal static CudaModuleHandle Load(CudaContextHandle context, ReadOnlySpan<byte> image, string name)
    {
        fixed (byte* bytes = image)
        {
            CudaException.ThrowIfFailed(CudaDriver.ModuleLoadData(out nint module, bytes), name);
            return new CudaModuleHandle(module, context);
        }
    }

    /// <summary>Finds a kernel.</summary>
    /// <param name="loweredName">Its name in the module.</param>
    /// <returns>The kernel, which lives as long as the module.</returns>
    internal nint Function(string loweredName)
    {
        byte[] name = [.. Encoding.UTF8.GetBytes(loweredName), 0];
        fixed (byte* bytes = name)
        {
            CudaException.ThrowIfFailed(CudaDriver.ModuleGetFunction(out nint function, handle, bytes), loweredName);
            return function;
        }
    }

    /// <inheritdoc/>
    protected override bool Destroy() => CudaDriver.ModuleUnload(handle) == CudaResult.Success;
}
