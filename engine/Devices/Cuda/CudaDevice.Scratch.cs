using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <content>Memory that ops use while they run.</content>
public sealed unsafe partial class CudaDevice
{
    private nint _workspace;
    private long _workspaceBytes;
    private nint _tickets;
    private long _ticketCount;

    /// <summary>Gets how often scratch memory was given another address: a graph that was captured before must not run any more.</summary>
    internal int ScratchMoves { get; private set; }

    /// <summary>Gives scratch memory to one op: valid until the next call, grown as needed and then kept.</summary>
    internal nint Workspace(long bytes)
    {
        if (bytes > _workspaceBytes)
        {
            MakeCurrent();
            Synchronize();
            CudaDriver.MemFree(_workspace);
            (_workspace, _workspaceBytes) = (0, 0);
            _workspace = CudaMemory.Allocate(bytes, "an operation's workspace");
            _workspaceBytes = bytes;
            ScratchMoves++;
        }

        return _workspace;
    }

    /// <summary>Gives 32-bit counters by which the blocks of a kernel find out which of them ends last. They are zero, and a kernel leaves them so.</summary>
    private nint Tickets(long count)
    {
        if (count > _ticketCount)
        {
            const long Least = 1 << 12;
            long bytes = Math.Max(count, Least) * sizeof(int);
            MakeCurrent();
            Synchronize();
            CudaDriver.MemFree(_tickets);
            (_tickets, _ticketCount) = (0, 0);
            _tickets = CudaMemory.Allocate(bytes, "counters of blocks");
            CudaException.ThrowIfFailed(CudaDriver.MemsetD8Async(_tickets, 0, (nuint)bytes, Stream));
            _ticketCount = bytes / sizeof(int);
            ScratchMoves++;
        }

        return _tickets;
    }

    private void FreeScratch()
    {
        CudaDriver.MemFree(_workspace);
        CudaDriver.MemFree(_tickets);
    }
}
