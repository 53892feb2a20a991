using System.Globalization;
using System.Runtime.InteropServices;
using LlavaCuda.Native;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>
/// An NVIDIA GPU as a device: one stream, kernels of <c>kernels/</c> compiled at first use, matrix products through cuBLASLt. Storage is bf16 (or single precision, to compare with others);
/// sums, statistics and gradients of weights are single precision. The ops are in <c>Ops/Cuda</c>, one file each. Two runs give the same bits; where rows
/// attend over a cache one by one, bits also depend on its capacity, on the batch and on the number of multiprocessors, which say how many parts its keys are summed in.
/// </summary>
/// <remarks>
/// Calls may come from any thread, one at a time; threads that share a device take turns. A call that comes while another thread's is under way, be it an op, a copy, an allocation or a pass that
/// is captured from its first op to its last, throws an <see cref="InvalidOperationException"/> and changes nothing. Only <see cref="FreeBytes"/> may be read, and memory be given back, at any time.
/// Disposing the device, or a pass or a staging of it, waits for the call that is under way and throws nothing; a later call of the device finds it disposed.
/// </remarks>
public sealed unsafe partial class CudaDevice : Device
{
    // What this thread's current context is, and how many contexts had been given back when it became so: one made later may have the address of one given back.
    [ThreadStatic]
    private static (nint Context, int Era) _currentOnThread;

    private static int _era;

    private readonly HashSet<nint> _blocks = [];
    private readonly CudaContextHandle _context;
    private readonly CudaStreamHandle _stream;
    private readonly KernelLibrary _kernels;
    private readonly StagingRing _staging;
    private readonly string _name;
    private readonly int _capability;
    private readonly bool _synchronous = EnvironmentSwitch.IsOn("LLAVACUDA_SYNCHRONOUS");
    private GemmPlans? _products;
    private bool _disposed;

    /// <summary>Initializes a new instance of the <see cref="CudaDevice"/> class.</summary>
    /// <param name="ordinal">Which GPU of those that the driver shows.</param>
    /// <param name="computeType">Storage of weights and activations: <see cref="DType.BF16"/> or <see cref="DType.F32"/>.</param>
    /// <exception cref="PlatformNotSupportedException">Driver, GPU, NVRTC or cuBLASLt cannot be had; the message names what and where it was looked for.</exception>
    /// <exception cref="ArgumentException">There is no such storage, or <c>LLAVACUDA_AUTOTUNE</c> or <c>LLAVACUDA_SYNCHRONOUS</c> is neither 0 nor 1.</exception>
    /// <exception cref="IOException"><c>LLAVACUDA_CACHE</c> names a file.</exception>
    public CudaDevice(int ordinal = 0, DType computeType = DType.BF16)
    {
        if (computeType is not (DType.BF16 or DType.F32))
        {
            throw new ArgumentException($"The CUDA device stores BF16 or F32, not {computeType}.", nameof(computeType));
        }

        string? cache = CacheFolder.Choose();
        CudaAvailability.Require(ordinal);
        ComputeType = computeType;
        Ordinal = ordinal;
        CudaException.ThrowIfFailed(CudaDriver.DeviceGet(out int device, ordinal));
        _name = NameOf(device);
        _capability = (10 * Attribute(device, CudaDeviceAttribute.ComputeCapabilityMajor)) + Attribute(device, CudaDeviceAttribute.ComputeCapabilityMinor);
        Multiprocessors = Attribute(device, CudaDeviceAttribute.MultiprocessorCount);
        SharedBytesLimit = Attribute(device, CudaDeviceAttribute.MaxSharedMemoryPerBlockOptin);
        CacheBytes = Attribute(device, CudaDeviceAttribute.L2CacheSize);
        _context = CudaContextHandle.Retain(device);
        try
        {
            MakeCurrent();
            _stream = CudaStreamHandle.Create(_context);
            _staging = new StagingRing(_context);
            _kernels = new KernelLibrary(_context, new KernelCompiler(KernelTarget.Choose(_capability, KernelCompiler.SupportedArchitectures())), new KernelCache(cache));
            KernelsNotKept = CacheFolder.WhyNotKept(cache);
        }
        catch
        {
            _staging?.Dispose();
            _stream?.Dispose();
            Interlocked.Increment(ref _era);
            _context.Dispose();
            throw;
        }
    }

    /// <summary>Gets which GPU it is.</summary>
    public int Ordinal { get; }

    /// <inheritdoc/>
    public override string Description =>
        string.Create(CultureInfo.InvariantCulture, $"cuda:{Ordinal}, {_name}, compute capability {_capability / 10}.{_capability % 10}, {(ComputeType == DType.BF16 ? "bf16" : "fp32")}");

    /// <inheritdoc/>
    public override DType ComputeType { get; }

    /// <inheritdoc/>
    public override long FreeBytes
    {
        get
        {
            MakeCurrent();
            CudaException.ThrowIfFailed(CudaDriver.MemGetInfo(out nuint free, out _));
            return (long)free;
        }
    }

    /// <summary>Gets a value indicating whether the algorithms of matrix products are measured, once a problem, and kept on disk; by default when <c>LLAVACUDA_AUTOTUNE</c> is 1.</summary>
    public bool Autotunes { get; init; } = EnvironmentSwitch.IsOn("LLAVACUDA_AUTOTUNE");

    /// <summary>Gets why kernels that are compiled here have to be compiled again by the next process, in one line, or null where they are kept.</summary>
    public string? KernelsNotKept { get; }

    // 4194 rows of 32000: with fewer, reading and writing the weight's gradient would weigh in its product.
    internal override long LogitsAtOnce => 1 << 27;

    /// <summary>Gets the GPU's name.</summary>
    internal string Name => _name;

    /// <summary>Gets the number of streaming multiprocessors: kernels with a fixed number of blocks use a multiple of it.</summary>
    internal int Multiprocessors { get; }

    /// <summary>Gets or sets the most dynamic shared memory that a block may have. Tests lower it, to run what runs on smaller GPUs.</summary>
    internal int SharedBytesLimit { get; set; }

    /// <summary>Gets the size of the L2 cache.</summary>
    internal long CacheBytes { get; }

    /// <summary>Gets the compute capability, 10·major + minor.</summary>
    internal int Capability => _capability;

    /// <summary>Gets the kernels.</summary>
    internal KernelLibrary Kernels => _kernels;

    /// <summary>Gets the stream that everything is queued on.</summary>
    internal nint Stream => _stream.Value;

    /// <summary>Gets the context, which is current on a thread that calls an op.</summary>
    internal CudaContextHandle Context => _context;

    /// <summary>Gets a value indicating whether what is queued is captured into a graph: nothing can be waited for meanwhile.</summary>
    internal bool IsCapturing
    {
        get
        {
            CudaException.ThrowIfFailed(CudaDriver.StreamIsCapturing(_stream.Value, out CudaCaptureStatus status));
            return status != CudaCaptureStatus.None;
        }
    }

    /// <inheritdoc/>
    public override DeviceMemory Allocate(long bytes, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        using CudaCall call = BeginCall();
        nint address = CudaMemory.Allocate(Math.Max(bytes, 1), purpose);
        lock (_blocks)
        {
            _blocks.Add(address);
        }

        DeviceMemory memory = new(this, address, bytes);
        if (bytes > 0)
        {
            CudaResult cleared = CudaDriver.MemsetD8Async(address, 0, (nuint)bytes, _stream.Value);
            if (cleared != CudaResult.Success)
            {
                memory.Dispose();
                CudaException.ThrowIfFailed(cleared, purpose, bytes, nameof(CudaDriver.MemsetD8Async));
            }
        }

        return memory;
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
        using CudaCall call = BeginCall();
        CudaException.ThrowIfFailed(CudaDriver.StreamSynchronize(_stream.Value));
    }

    internal override void Free(nint address, long bytes)
    {
        // A disposed device has given all its memory back already. A finalizer may come that late, and must not throw.
        lock (_blocks)
        {
            if (_blocks.Remove(address))
            {
                using CudaContextScope scope = _context.Enter();
                _ = CudaDriver.MemFree(address);
            }
        }
    }

    /// <summary>Queues a kernel. An empty grid is nothing to do.</summary>
    /// <param name="template">The kernel.</param>
    /// <param name="variant">The instance.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block.</param>
    /// <param name="arguments">The kernel's arguments, in order.</param>
    internal void Launch(KernelTemplate template, KernelVariant variant, LaunchGrid grid, int threads, int sharedBytes, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (grid.IsEmpty)
        {
            return;
        }

        using CudaCall call = BeginCall();
        _kernels.Get(template, variant).Launch(_stream.Value, grid, threads, sharedBytes, arguments);
        if (_synchronous)
        {
            CudaException.ThrowIfFailed(CudaDriver.StreamSynchronize(_stream.Value), template.NameExpression(variant));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
        {
            return;
        }

        using CudaCall call = BeginDisposal();
        if (_disposed)
        {
            return;
        }

        CudaDriver.StreamSynchronize(_stream.Value);
        FreeScratch();
        _products?.Dispose();
        lock (_blocks)
        {
            foreach (nint block in _blocks)
            {
                _ = CudaDriver.MemFree(block);
            }

            _blocks.Clear();
        }

        _kernels.Dispose();
        _staging.Dispose();
        _stream.Dispose();
        _disposed = true;

        // Counted first: else another thread might take a new context at the same address for the one that it knows.
        Interlocked.Increment(ref _era);
        _context.Dispose();
    }

    private static int Attribute(int device, CudaDeviceAttribute attribute)
    {
        CudaException.ThrowIfFailed(CudaDriver.DeviceGetAttribute(out int value, attribute, device));
        return value;
    }

    private static string NameOf(int device)
    {
        byte* name = stackalloc byte[256];
        CudaException.ThrowIfFailed(CudaDriver.DeviceGetName(name, 256, device));
        return Marshal.PtrToStringUTF8((nint)name) ?? string.Empty;
    }

    // Calls may come from any thread; the driver knows a current context a thread.
    private void MakeCurrent()
    {
        // In this order: whoever sees the era that a disposal begins also sees the disposal.
        int era = Volatile.Read(ref _era);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_currentOnThread != (_context.Value, era))
        {
            CudaException.ThrowIfFailed(CudaDriver.CtxSetCurrent(_context.Value));
            _currentOnThread = (_context.Value, era);
        }
    }
}
