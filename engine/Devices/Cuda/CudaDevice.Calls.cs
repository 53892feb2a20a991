using System.Diagnostics.CodeAnalysis;
using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <content>One call at a time. Kernels, plans, scratch memory, pinned pages and the capture of a pass are the device's, not a thread's: two calls that overlap would spoil them without a word.</content>
public sealed unsafe partial class CudaDevice
{
    // The thread whose call is under way, or 0. One atomic exchange a call: nanoseconds, where a launch takes microseconds.
    private int _caller;

    /// <summary>Begins a call of the current thread, whose current context is the device's from here. Calls may lie in each other, as a launch in an op and an op in a pass that is captured.</summary>
    /// <returns>The call, which the caller disposes at its end.</returns>
    /// <exception cref="InvalidOperationException">Another thread's call is under way.</exception>
    internal CudaCall BeginCall()
    {
        int thread = Environment.CurrentManagedThreadId;
        int caller = Interlocked.CompareExchange(ref _caller, thread, 0);
        if (caller != 0 && caller != thread)
        {
            Refuse(thread, caller);
        }

        CudaCall call = new(caller == 0 ? this : null);
        try
        {
            // Not before: another thread may have been disposing the device until now.
            MakeCurrent();
            return call;
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Begins the call in which something of the device, or the device itself, is disposed. Nothing that a call of another thread uses is destroyed under its hands: this one waits for its end instead
    /// of throwing. The thread gets the context back that it had. The device may have been disposed meanwhile; errors of making it current show in what is called next.
    /// </summary>
    /// <returns>The call, which the caller disposes at its end.</returns>
    internal CudaCall BeginDisposal()
    {
        int thread = Environment.CurrentManagedThreadId;
        int caller;
        SpinWait wait = default;
        while ((caller = Interlocked.CompareExchange(ref _caller, thread, 0)) != 0 && caller != thread)
        {
            // Yields first, since between two calls of a busy thread there are microseconds; then sleeps, since a call that compiles kernels takes seconds.
            wait.SpinOnce();
        }

        CudaContextScope scope = default;
        if (!_disposed)
        {
            scope = _context.Enter();
            ForgetCurrent();
        }

        return new CudaCall(caller == 0 ? this : null, scope);
    }

    /// <summary>Has the thread's next call, of any device, make its context current: the one that was is not any more.</summary>
    internal static void ForgetCurrent() => _currentOnThread = default;

    /// <summary>Ends the outermost call.</summary>
    internal void EndCall() => Volatile.Write(ref _caller, 0);

    [DoesNotReturn]
    private void Refuse(int thread, int caller) =>
        throw new InvalidOperationException($"cuda:{Ordinal} was called by thread {thread} while a call of thread {caller} was under way: a device takes calls from one thread at a time.");
}
