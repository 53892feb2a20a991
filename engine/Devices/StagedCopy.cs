using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>Bytes that travel to a device while it still works on something else: begun ahead, put in their place when a pass needs them.</summary>
public abstract class StagedCopy : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Begins to copy; what was begun before is forgotten.</summary>
    /// <param name="source">The bytes, which may change as soon as this returns.</param>
    internal abstract void Begin(ReadOnlySpan<byte> source);

    /// <summary>Queues the last step, from where the bytes travelled to into a tensor.</summary>
    /// <param name="destination">As many bytes as were begun.</param>
    internal abstract void CopyTo(Tensor destination);

    /// <summary>Frees what it holds.</summary>
    /// <param name="disposing">False in a finalizer.</param>
    protected abstract void Dispose(bool disposing);
}
