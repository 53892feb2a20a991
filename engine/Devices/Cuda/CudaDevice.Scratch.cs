using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <content>Memory that ops use while they run.</content>
public sealed unsafe partial class CudaDevice
{
    private nint _workspace;
    private long _workspaceBytes;
    private nint _tickets;
    private long _ticketBytes;

    /// <summary>Gets how often scratch memory was given another address: a graph that was captured before must not run any more.</summary>
    internal int ScratchMoves { get; private set; }

    /// <summary>Gives scratch memory to one op, which is one call with all its launches: valid until the next op, grown as needed and then kept.</summary>
    internal nint Workspace(long bytes)
    {
        Grow(ref _workspace, ref _workspaceBytes, bytes, "an operation's workspace");
        return _workspace;
    }

    /// <summary>Gives 32-bit counters by which the blocks of a kernel find out which of them ends last. They are zero, and a kernel leaves them so.</summary>
    private nint Tickets(long count)
    {
        const long Least = 1 << 12;
        if (Grow(ref _tickets, ref _ticketBytes, Math.Max(count, Least) * sizeof(int), "counters of blocks"))
        {
            // Memory that is not zero yet holds no counters.
            long held = _ticketBytes;
            _ticketBytes = 0;
            CudaException.ThrowIfFailed(CudaDriver.MemsetD8Async(_tickets, 0, (nuint)held, Stream));
            _ticketBytes = held;
        }

        return _tickets;
    }

    private bool Grow(ref nint address, ref long held, long bytes, string purpose)
    {
        if (bytes <= held)
        {
            return false;
        }

        Synchronize();
        CudaDriver.MemFree(address);

        // Told before the new memory is there: if there is none, the old is gone all the same.
        (address, held) = (0, 0);
        ScratchMoves++;
        address = CudaMemory.Allocate(bytes, purpose);
        held = bytes;
        return true;
    }

    private void FreeScratch()
    {
        CudaDriver.MemFree(_workspace);
        CudaDriver.MemFree(_tickets);
    }
}
