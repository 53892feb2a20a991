using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>
/// The processor as a device: single precision, SIMD, several threads, the same bits whatever their number. The ops are in <c>Ops/Cpu</c>, one file each.
/// </summary>
public sealed unsafe partial class CpuDevice : Device
{
    private const int Alignment = 64;
    private void* _workspace;
    private long _workspaceBytes;

    /// <summary>Initializes a new instance of the <see cref="CpuDevice"/> class.</summary>
    /// <param name="threads">Threads to compute with, or null for one a core that this process may use.</param>
    public CpuDevice(int? threads = null)
    {
        Workers = new CpuWorkers(threads ?? Environment.ProcessorCount);
    }

    /// <inheritdoc/>
    public override string Description => $"cpu, {SimdLevel}, {Workers.Threads} {(Workers.Threads == 1 ? "thread" : "threads")}";

    /// <inheritdoc/>
    public override DType ComputeType => DType.F32;

    /// <inheritdoc/>
    public override long FreeBytes
    {
        get
        {
            // The limit is the machine's or the container's; of the machine's, other processes have a share that only Linux tells cheaply.
            long limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet;
            return Math.Max(0, Math.Min(limit, AvailableToAll()));
        }
    }

    /// <summary>Gets the widest vector instructions in use.</summary>
    public static string SimdLevel =>
        Vector512.IsHardwareAccelerated ? "AVX-512" : Vector256.IsHardwareAccelerated ? "AVX2" : Vector128.IsHardwareAccelerated ? "128-bit SIMD" : "no SIMD";

    internal override long LogitsAtOnce => 1 << 24;

    internal CpuWorkers Workers { get; }

    /// <inheritdoc/>
    public override DeviceMemory Allocate(long bytes, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes > FreeBytes)
        {
            throw new InsufficientMemoryException($"Cannot allocate {bytes:N0} bytes for {purpose}: about {FreeBytes:N0} are free.");
        }

        nint address;
        try
        {
            // calloc hands out untouched zero pages, so that reserving is instant; the address is rounded up by hand because there is no aligned calloc.
            address = (nint)NativeMemory.AllocZeroed((nuint)bytes + Alignment + (nuint)sizeof(nint));
        }
        catch (OutOfMemoryException)
        {
            throw new InsufficientMemoryException($"Cannot allocate {bytes:N0} bytes for {purpose}: the system refused.");
        }

        nint aligned = (address + sizeof(nint) + Alignment - 1) / Alignment * Alignment;
        ((nint*)aligned)[-1] = address;
        return new DeviceMemory(this, aligned, bytes);
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
    }

    /// <summary>Gives scratch memory to one op: valid until the next call, grown as needed and then kept.</summary>
    internal void* Workspace(long bytes)
    {
        if (bytes > _workspaceBytes)
        {
            NativeMemory.AlignedFree(_workspace);
            _workspace = null;
            _workspaceBytes = 0;
            try
            {
                _workspace = NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
            }
            catch (OutOfMemoryException)
            {
                throw new InsufficientMemoryException($"Cannot allocate {bytes:N0} bytes for an operation's workspace: the system refused.");
            }

            _workspaceBytes = bytes;
        }

        return _workspace;
    }

    private static long AvailableToAll()
    {
        const string File = "/proc/meminfo";
        const string Key = "MemAvailable:";
        if (!System.IO.File.Exists(File))
        {
            return long.MaxValue;
        }

        string? line = System.IO.File.ReadLines(File).FirstOrDefault(static l => l.StartsWith(Key, StringComparison.Ordinal));
        return line is not null && long.TryParse(line.AsSpan(Key.Length).Trim().TrimEnd("kB ").Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long kib) ? kib << 10 : long.MaxValue;
    }

    internal override void Free(nint address, long bytes) => NativeMemory.Free((void*)((nint*)address)[-1]);

    /// <inheritdoc/>
    protected override void CopyFromHostCore(Tensor destination, ReadOnlySpan<byte> source) =>
        source.CopyTo(new Span<byte>((void*)destination.Address, source.Length));

    /// <inheritdoc/>
    protected override void CopyToHostCore(Span<byte> destination, Tensor source) =>
        new ReadOnlySpan<byte>((void*)source.Address, destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Workers.Dispose();
            NativeMemory.AlignedFree(_workspace);
            _workspace = null;
            _workspaceBytes = 0;
        }
    }
}
