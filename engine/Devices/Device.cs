using System.Runtime.InteropServices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>
/// Something that holds tensors and computes with them: memory, copies, and one method an op direction (<c>Device.Ops.cs</c>). Calls of one device come from one thread at
/// a time. Work may be queued: <see cref="CopyToHost"/> and <see cref="Synchronize"/> wait for it.
/// </summary>
public abstract partial class Device : IDisposable
{
    /// <summary>Gets a one-line description for people.</summary>
    public abstract string Description { get; }

    /// <summary>Gets the type in which this device keeps weights and activations.</summary>
    public abstract DType ComputeType { get; }

    /// <summary>Gets the bytes that can still be allocated, as far as the system tells.</summary>
    public abstract long FreeBytes { get; }

    /// <summary>Gets how many logits the language model's head computes at once: rows enough for efficient products, few enough to be a small part of the memory.</summary>
    internal abstract long LogitsAtOnce { get; }

    /// <summary>
    /// Gets or sets the rows that each sequence, or image, of a pass would have in a pass of its own; 0 where the pass is taken as it is. Where few rows and many are summed in different orders, this says
    /// which: nothing that is generated depends on what was generated along with it.
    /// </summary>
    internal long RowsAlone { get; set; }

    /// <summary>Gets up to how many rows a product is summed as one of few rows; 0 where that makes no difference.</summary>
    internal virtual long FewRows => 0;

    /// <summary>Gets what threads hold that share the device, while they call it: the conversations of all its models take turns by it.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Reserves zeroed memory.</summary>
    /// <param name="bytes">Size.</param>
    /// <param name="purpose">What for, in words that fit "cannot allocate N bytes for ...".</param>
    /// <returns>The memory, which the caller disposes.</returns>
    /// <exception cref="InsufficientMemoryException">There is not so much; the message names purpose and bytes.</exception>
    public abstract DeviceMemory Allocate(long bytes, string purpose);

    /// <summary>Copies from the host.</summary>
    /// <param name="destination">On this device.</param>
    /// <param name="source">As many bytes as the destination has.</param>
    public void CopyFromHost(Tensor destination, ReadOnlySpan<byte> source)
    {
        RequireBytes(destination, source.Length);
        CopyFromHostCore(destination, source);
    }

    /// <summary>Copies from the host.</summary>
    /// <typeparam name="T">Element type of the host's memory; sizes must agree, types are not converted.</typeparam>
    /// <param name="destination">On this device.</param>
    /// <param name="source">As many bytes as the destination has.</param>
    public void CopyFromHost<T>(Tensor destination, ReadOnlySpan<T> source)
        where T : unmanaged => CopyFromHost(destination, MemoryMarshal.AsBytes(source));

    /// <summary>Copies to the host, after all work queued so far.</summary>
    /// <typeparam name="T">Element type of the host's memory; sizes must agree, types are not converted.</typeparam>
    /// <param name="destination">As many bytes as the source has.</param>
    /// <param name="source">On this device.</param>
    public void CopyToHost<T>(Span<T> destination, Tensor source)
        where T : unmanaged
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(destination);
        RequireBytes(source, bytes.Length);
        CopyToHostCore(bytes, source);
    }

    /// <summary>Waits for all work queued so far and reports its errors.</summary>
    public abstract void Synchronize();

    /// <summary>Makes room for bytes that come ahead of their use; null where nothing is gained by it, because the device computes in the host's memory.</summary>
    /// <returns>The staging, which the caller disposes before the device.</returns>
    public virtual StagedCopy? CreateStaging() => null;

    /// <summary>Gets a value indicating whether the device is disposed.</summary>
    internal bool IsDisposed { get; private set; }

    /// <summary>Frees what the device holds, once the step of a conversation that is being computed on it has ended. A second call does nothing.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            if (!IsDisposed)
            {
                IsDisposed = true;
                Dispose(disposing: true);
            }
        }

        GC.SuppressFinalize(this);
    }

    internal abstract void Free(nint address, long bytes);

    /// <summary>Prepares a pass that will run many times.</summary>
    /// <param name="pass">Calls ops of this device and nothing else, the same each time, on tensors that stay where they are.</param>
    /// <returns>The pass, which the caller disposes before those tensors.</returns>
    internal virtual RepeatedPass Repeated(Action pass) => new(pass);

    /// <summary>Copies without checks.</summary>
    /// <param name="destination">On this device.</param>
    /// <param name="source">On the host.</param>
    protected abstract void CopyFromHostCore(Tensor destination, ReadOnlySpan<byte> source);

    /// <summary>Copies without checks.</summary>
    /// <param name="destination">On the host.</param>
    /// <param name="source">On this device.</param>
    protected abstract void CopyToHostCore(Span<byte> destination, Tensor source);

    /// <summary>Frees what the device itself holds.</summary>
    /// <param name="disposing">False in a finalizer.</param>
    protected abstract void Dispose(bool disposing);

    private static void RequireBytes(Tensor tensor, int bytes)
    {
        if (!tensor.Exists || tensor.Bytes != bytes)
        {
            throw new ArgumentException($"The copy has {bytes} bytes, but the tensor is {tensor} ({(tensor.Exists ? tensor.Bytes : 0)} bytes).");
        }
    }
}
