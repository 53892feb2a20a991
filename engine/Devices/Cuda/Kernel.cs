using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <summary>A loaded kernel. The first launch compares the arguments with the kernel's signature, where the driver can tell it.</summary>
internal sealed unsafe class Kernel : IDisposable
{
    private const int SharedBytesWithoutAsking = 48 << 10;

    // With so many a block, room for several blocks has to be asked for.
    private const int ManySharedBytes = 32 << 10;
    private readonly string _name;
    private readonly CudaModuleHandle _module;
    private readonly nint _function;
    private int _sharedBytes = SharedBytesWithoutAsking;
    private bool _prefersShared;
    private bool _checked;

    /// <summary>Initializes a new instance of the <see cref="Kernel"/> class.</summary>
    /// <param name="context">The context, current on this thread.</param>
    /// <param name="name">The instance, for messages.</param>
    /// <param name="code">Its code.</param>
    /// <exception cref="CudaException">The driver does not load it.</exception>
    internal Kernel(CudaContextHandle context, string name, CompiledKernel code)
    {
        _name = name;
        _module = CudaModuleHandle.Load(context, code.Image, name);
        try
        {
            _function = _module.Function(code.LoweredName);
        }
        catch
        {
            _module.Dispose();
            throw;
        }
    }

    /// <summary>Gets the function's handle.</summary>
    internal nint Function => _function;

    /// <inheritdoc/>
    public void Dispose() => _module.Dispose();

    /// <summary>Queues a launch.</summary>
    internal void Launch(nint stream, LaunchGrid grid, int threads, int sharedBytes, ReadOnlySpan<KernelArgument> arguments)
    {
        if (sharedBytes > _sharedBytes)
        {
            // Once a kernel, not once a launch.
            CudaException.ThrowIfFailed(CudaDriver.FuncSetAttribute(_function, CudaFunctionAttribute.MaxDynamicSharedSizeBytes, sharedBytes), _name);
            _sharedBytes = sharedBytes;
        }

        if (sharedBytes >= ManySharedBytes && !_prefersShared)
        {
            // The cache and shared memory are one memory; the driver may divide it so that fewer blocks fit than were planned for. What these kernels read they read once.
            const int Percent = 100;
            CudaException.ThrowIfFailed(CudaDriver.FuncSetAttribute(_function, CudaFunctionAttribute.PreferredSharedMemoryCarveout, Percent), _name);
            _prefersShared = true;
        }

        if (!_checked)
        {
            CheckSignature(arguments);
            _checked = true;
        }

        // A null pointer behind the last argument costs nothing and lets a checking driver count them.
        void** table = stackalloc void*[arguments.Length + 1];
        fixed (KernelArgument* first = arguments)
        {
            for (int i = 0; i < arguments.Length; i++)
            {
                table[i] = first + i;
            }

            table[arguments.Length] = null;
            CudaResult result = CudaDriver.LaunchKernel(_function, checked((uint)grid.X), (uint)grid.Y, (uint)grid.Z, (uint)threads, 1, 1, (uint)sharedBytes, stream, table, null);
            CudaException.ThrowIfFailed(result, _name);
        }
    }

    private void CheckSignature(ReadOnlySpan<KernelArgument> arguments)
    {
        if (!CudaDriver.HasFuncGetParamInfo)
        {
            return;
        }

        for (int i = 0; i <= arguments.Length; i++)
        {
            CudaResult result = CudaDriver.FuncGetParamInfo(_function, (nuint)i, out _, out nuint size);
            if (result is not (CudaResult.Success or CudaResult.InvalidValue))
            {
                CudaException.ThrowIfFailed(result, _name, call: nameof(CudaDriver.FuncGetParamInfo));
            }

            bool exists = result == CudaResult.Success;
            if (exists != i < arguments.Length)
            {
                throw new ArgumentException($"Kernel {_name} was launched with {arguments.Length} arguments; its signature has {(exists ? "more" : "fewer")}.");
            }

            if (exists && (int)size != arguments[i].Size)
            {
                throw new ArgumentException($"Argument {i} of kernel {_name} has {arguments[i].Size} bytes; its signature has {size}.");
            }
        }
    }
}
