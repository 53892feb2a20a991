using LlavaCuda.Devices;
using LlavaCuda.Native;

namespace LlavaCuda.Bench.Gpu;

/// <summary>Runs measurements so that one that fails costs no other, unless it broke the device's context, which no call survives.</summary>
/// <param name="device">Where they run.</param>
internal sealed class GuardedRuns(CudaDevice device)
{
    private readonly List<string> _notes = [];
    private bool _broken;

    /// <summary>Gets what did not run, and why.</summary>
    internal IReadOnlyList<string> Notes => _notes;

    /// <summary>Gets a value indicating whether something failed that should not have: a model that is too large for the memory is none.</summary>
    internal bool Failed { get; private set; }

    /// <summary>Runs something.</summary>
    /// <param name="name">What, for the note.</param>
    /// <param name="run">The work.</param>
    /// <returns>Whether it ran to its end.</returns>
    internal bool Try(string name, Action run)
    {
        if (_broken)
        {
            return false;
        }

        try
        {
            run();
            return true;
        }
        catch (Exception error) when (error is InsufficientMemoryException or CudaException { Result: CudaResult.OutOfMemory } or CublasException { Status: CublasStatus.AllocFailed })
        {
            Note($"{name} does not fit: {error.Message}");
        }
        catch (Exception error)
        {
            // Whatever it is: the others are to run, and the report is to tell it.
            Failed = true;
            Note($"{name} FAILED: {error.Message}");
            Probe();
        }

        return false;
    }

    /// <summary>Notes something that a reader has to know.</summary>
    /// <param name="text">A sentence.</param>
    internal void Note(string text)
    {
        string line = text.ReplaceLineEndings(" ");
        _notes.Add(line);
        Console.WriteLine(line);
    }

    private void Probe()
    {
        try
        {
            device.Synchronize();
        }
        catch (CudaException)
        {
            _broken = true;
            Note("Nothing more of this part was run: the failure broke the device's context.");
        }
    }
}
