namespace LlavaCuda.Tests;

/// <summary>Counts what a call allocates on the GC heap.</summary>
internal static class Allocations
{
    /// <summary>The bytes that one call allocates on this thread.</summary>
    internal static long Of(Action call)
    {
        // When a collection begins in the background, the runtime counts what is left of each thread's allocation buffer, up to 8 KB, as allocated; other tests' threads
        // cause such collections at any time. After an ordinary one of our own there is no buffer, until this thread allocates.
        GC.Collect(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        call();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>Once warm, the call allocates nothing.</summary>
    internal static void AssertNone(Action call)
    {
        // The first call loads kernels and makes plans; the second is the first that finds them, and the runtime makes a table's comparer when it first compares.
        call();
        call();
        Assert.Equal(0, Of(call));
    }
}
