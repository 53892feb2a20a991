using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <content>Streams and events.</content>
internal static unsafe partial class CudaDriver
{
    /// <summary>Makes a stream.</summary>
    [LibraryImport(Library, EntryPoint = "cuStreamCreate")]
    internal static partial CudaResult StreamCreate(out nint stream, CudaStreamFlags flags);

    /// <summary>Destroys a stream; work in it goes on to its end.</summary>
    [LibraryImport(Library, EntryPoint = "cuStreamDestroy_v2")]
    internal static partial CudaResult StreamDestroy(nint stream);

    /// <summary>Waits for all work of a stream.</summary>
    [LibraryImport(Library, EntryPoint = "cuStreamSynchronize")]
    internal static partial CudaResult StreamSynchronize(nint stream);

    /// <summary>Lets later work of a stream wait for an event; flags are 0.</summary>
    [LibraryImport(Library, EntryPoint = "cuStreamWaitEvent")]
    internal static partial CudaResult StreamWaitEvent(nint stream, nint @event, uint flags);

    /// <summary>Makes an event.</summary>
    [LibraryImport(Library, EntryPoint = "cuEventCreate")]
    internal static partial CudaResult EventCreate(out nint @event, CudaEventFlags flags);

    /// <summary>Destroys an event.</summary>
    [LibraryImport(Library, EntryPoint = "cuEventDestroy_v2")]
    internal static partial CudaResult EventDestroy(nint @event);

    /// <summary>Records an event behind the work now in a stream.</summary>
    [LibraryImport(Library, EntryPoint = "cuEventRecord")]
    internal static partial CudaResult EventRecord(nint @event, nint stream);

    /// <summary>Waits for an event; one never recorded counts as past.</summary>
    [LibraryImport(Library, EntryPoint = "cuEventSynchronize")]
    internal static partial CudaResult EventSynchronize(nint @event);

    /// <summary>Gives the time between two events that keep theirs.</summary>
    [LibraryImport(Library, EntryPoint = "cuEventElapsedTime")]
    internal static partial CudaResult EventElapsedTime(out float milliseconds, nint start, nint end);
}
