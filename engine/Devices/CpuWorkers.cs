using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace LlavaCuda.Devices;

/// <summary>A fixed team of threads that runs numbered chunks of work; the caller is one of them. A call allocates nothing on the GC heap.</summary>
internal sealed unsafe class CpuWorkers : IDisposable
{
    // One 64-bit word holds the job's number and how many of its chunks nobody has taken yet. A chunk is taken by compare-and-swap, so a thread that
    // overslept a job can neither take a chunk of the next one with the old body, nor spoil its count, and Run need not wait for threads that slept.
    private const int RemainingBits = 36;
    private const long RemainingMask = (1L << RemainingBits) - 1;

    // How long a thread without work watches for more before it sleeps: longer than the gaps inside a token or a training step,
    // short enough not to rob other processes of a core.
    private static readonly long SpinTicks = Stopwatch.Frequency / 20_000;

    [ThreadStatic]
    private static bool _inside;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly SemaphoreSlim _done = new(0);
    private readonly Thread[] _threads;
    private readonly SharedWords _shared = new();

    private void* _context;
    private delegate*<void*, long, void> _body;
    private long _chunks;
    private Exception? _fault;
    private volatile bool _stopping;

    /// <summary>Starts the team.</summary>
    /// <param name="threads">Size of the team, the caller included.</param>
    internal CpuWorkers(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(WorkUntilStopped) { IsBackground = true, Name = $"cpu worker {i + 1}" };
            _threads[i].Start();
        }
    }

    /// <summary>Gets the size of the team, the caller included.</summary>
    internal int Threads { get; }

    /// <summary>Ends the threads; no call to <see cref="Run"/> may be under way.</summary>
    public void Dispose()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        if (_threads.Length > 0)
        {
            _work.Release(_threads.Length);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _work.Dispose();
        _done.Dispose();
    }

    /// <summary>
    /// Runs the body once for each chunk and returns when all have ended. Which thread runs which chunk is left to chance: results must not depend on it.
    /// Calls from several threads take turns; a call from inside a body runs on the thread that makes it. The first exception of a body is thrown here.
    /// </summary>
    /// <param name="chunks">Number of chunks; zero or less does nothing.</param>
    /// <param name="context">Handed to the body.</param>
    /// <param name="body">Receives the context and the chunk's number.</param>
    internal void Run(long chunks, void* context, delegate*<void*, long, void> body)
    {
        ObjectDisposedException.ThrowIf(_stopping, typeof(CpuDevice));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunks, RemainingMask);
        if (chunks <= 1 || Threads == 1 || _inside)
        {
            for (long chunk = 0; chunk < chunks; chunk++)
            {
                body(context, chunk);
            }

            return;
        }

        using Lock.Scope turn = _gate.EnterScope();
        _context = context;
        _body = body;
        _chunks = chunks;
        _fault = null;
        _shared.Completed = 0;
        long job = (_shared.State >>> RemainingBits) + 1;
        Interlocked.Exchange(ref _shared.State, (job << RemainingBits) | chunks);
        WakeSleepers(chunks - 1);
        _inside = true;
        TakeChunks();
        _inside = false;
        AwaitCompletion(chunks);
        if (_fault is Exception fault)
        {
            _fault = null;
            ExceptionDispatchInfo.Throw(fault);
        }
    }

    private void TakeChunks()
    {
        long state = Volatile.Read(ref _shared.State);
        while ((state & RemainingMask) != 0)
        {
            // These belong to the job in `state` if the swap succeeds: they are rewritten only when no chunk remains.
            void* context = _context;
            delegate*<void*, long, void> body = _body;
            long chunks = _chunks;
            long seen = Interlocked.CompareExchange(ref _shared.State, state - 1, state);
            if (seen != state)
            {
                state = seen;
                continue;
            }

            RunChunk(body, context, chunks - (state & RemainingMask));
            if (Interlocked.Increment(ref _shared.Completed) == chunks && Interlocked.Exchange(ref _shared.CallerSleeps, 0) == 1)
            {
                _done.Release();
            }

            state = Volatile.Read(ref _shared.State);
        }
    }

    private void RunChunk(delegate*<void*, long, void> body, void* context, long chunk)
    {
        if (Volatile.Read(ref _fault) is not null)
        {
            return;
        }

        try
        {
            body(context, chunk);
        }
        catch (Exception fault)
        {
            Interlocked.CompareExchange(ref _fault, fault, null);
        }
    }

    private void WakeSleepers(long wanted)
    {
        int sleepers = Volatile.Read(ref _shared.Sleepers);
        while (sleepers > 0)
        {
            int woken = (int)Math.Min(sleepers, wanted);
            int seen = Interlocked.CompareExchange(ref _shared.Sleepers, sleepers - woken, sleepers);
            if (seen == sleepers)
            {
                _work.Release(woken);
                return;
            }

            sleepers = seen;
        }
    }

    private void AwaitCompletion(long chunks)
    {
        long start = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _shared.Completed) != chunks)
        {
            if (Stopwatch.GetTimestamp() - start < SpinTicks)
            {
                Thread.SpinWait(1);
                continue;
            }

            // A thread of an earlier job may see this flag late and wake us for nothing: hence the loop.
            Interlocked.Exchange(ref _shared.CallerSleeps, 1);
            bool finished = Volatile.Read(ref _shared.Completed) == chunks;
            if (!finished || Interlocked.Exchange(ref _shared.CallerSleeps, 0) == 0)
            {
                _done.Wait();
            }
        }
    }

    private void WorkUntilStopped()
    {
        _inside = true;
        while (!_stopping)
        {
            TakeChunks();
            AwaitWork();
        }
    }

    private void AwaitWork()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetTimestamp() - start < SpinTicks)
        {
            if (HasWork())
            {
                return;
            }

            Thread.SpinWait(1);
        }

        // Announce the sleep first, look again second: Run publishes first and counts the sleepers second, so one of the two sees the other.
        Interlocked.Increment(ref _shared.Sleepers);
        if (!HasWork() || !TryWithdrawSleep())
        {
            _work.Wait();
        }
    }

    private bool HasWork() => (Volatile.Read(ref _shared.State) & RemainingMask) != 0;

    private bool TryWithdrawSleep()
    {
        int sleepers = Volatile.Read(ref _shared.Sleepers);
        while (sleepers > 0)
        {
            int seen = Interlocked.CompareExchange(ref _shared.Sleepers, sleepers - 1, sleepers);
            if (seen == sleepers)
            {
                return true;
            }

            sleepers = seen;
        }

        return false;
    }

    /// <summary>The words that several threads write, each on cache lines of its own (two lines, because processors fetch them in pairs).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 640)]
    private sealed class SharedWords
    {
        [FieldOffset(128)]
        public long State;

        [FieldOffset(256)]
        public long Completed;

        [FieldOffset(384)]
        public int Sleepers;

        [FieldOffset(512)]
        public int CallerSleeps;
    }
}
