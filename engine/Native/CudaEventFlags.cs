namespace LlavaCuda.Native;

/// <summary>How an event is made (<c>CUevent_flags</c>).</summary>
[Flags]
internal enum CudaEventFlags : uint
{
    /// <summary>Waiting spins, and the event keeps its time.</summary>
    None = 0,

    /// <summary>The event keeps no time and is cheaper.</summary>
    DisableTiming = 2,
}
