using System.Runtime.InteropServices;

namespace LlavaCuda.Tests.Emulation;

/// <summary>What the emulator has counted.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EmulatorStatistics
{
    /// <summary>Launches of kernels and graphs that this thread asked for.</summary>
    public ulong Launches;

    /// <summary>Allocations, of device and pinned memory, that this thread made.</summary>
    public ulong Allocations;

    /// <summary>Allocations that this thread gave back.</summary>
    public ulong Frees;

    /// <summary>Copies that this thread asked for.</summary>
    public ulong Copies;

    /// <summary>Bytes of device memory in use on the thread's current device.</summary>
    public ulong BytesLive;

    /// <summary>The most that were in use since the last reset.</summary>
    public ulong BytesPeak;
}
