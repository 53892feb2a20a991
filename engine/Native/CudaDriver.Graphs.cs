using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <content>Graphs, captured from a stream.</content>
internal static unsafe partial class CudaDriver
{
    /// <summary>Begins to capture a stream: from here its calls are noted, not run.</summary>
    [LibraryImport(Library, EntryPoint = "cuStreamBeginCapture_v2")]
    internal static partial CudaResult StreamBeginCapture(nint stream, CudaCaptureMode mode);

    /// <summary>Asks whether a stream is being captured.</summary>
    [LibraryImport(Library, EntryPoint = "cuStreamIsCapturing")]
    internal static partial CudaResult StreamIsCapturing(nint stream, out CudaCaptureStatus status);

    /// <summary>Ends a capture and gives its graph, or 0 when it was spoilt.</summary>
    [LibraryImport(Library, EntryPoint = "cuStreamEndCapture")]
    internal static partial CudaResult StreamEndCapture(nint stream, out nint graph);

    /// <summary>Makes a graph ready to launch; flags are 0.</summary>
    [LibraryImport(Library, EntryPoint = "cuGraphInstantiateWithFlags")]
    internal static partial CudaResult GraphInstantiateWithFlags(out nint graphExec, nint graph, ulong flags);

    /// <summary>Destroys a graph that is ready to launch.</summary>
    [LibraryImport(Library, EntryPoint = "cuGraphExecDestroy")]
    internal static partial CudaResult GraphExecDestroy(nint graphExec);

    /// <summary>Destroys a graph; those made ready from it live on.</summary>
    [LibraryImport(Library, EntryPoint = "cuGraphDestroy")]
    internal static partial CudaResult GraphDestroy(nint graph);

    /// <summary>Launches a graph in a stream.</summary>
    [LibraryImport(Library, EntryPoint = "cuGraphLaunch")]
    internal static partial CudaResult GraphLaunch(nint graphExec, nint stream);
}
