using System.Diagnostics;
using System.Text.RegularExpressions;

namespace LlavaCuda.Bench.Gpu;

/// <summary>A part of the check in a process of its own: what goes wrong there, a hang included, costs the others nothing.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Limit">The time that is kept for it.</param>
/// <param name="Program">What to run.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record CheckPart(string Name, TimeSpan Limit, string Program, IReadOnlyList<string> Arguments)
{
    private const int KeptLines = 12;
    private const string Ok = "ok";

    /// <summary>Gets variables that it runs with, besides the check's own.</summary>
    internal IReadOnlyList<(string Name, string Value)> Environment { get; init; } = [];

    /// <summary>Gets a value indicating whether it is ours and needs a device of ours: where none can be opened it is not run.</summary>
    internal bool NeedsDevice { get; init; } = true;

    /// <summary>Gets a value indicating whether it is the one that shows whether a device can be opened.</summary>
    internal bool OpensDevice { get; init; }

    /// <summary>Gets what one of its lines has to contain, or null: exit code 0 alone does not show that tests were found.</summary>
    internal Regex? Evidence { get; init; }

    /// <summary>Runs it and passes its output on as it comes.</summary>
    /// <param name="limit">After this it is ended: its own time, and what the parts before it left over.</param>
    /// <param name="log">Receives every line.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>What came of it.</returns>
    internal async Task<CheckOutcome> RunAsync(TimeSpan limit, TextWriter log, CancellationToken stop)
    {
        Queue<string> last = new();
        bool done = false, proven = Evidence is null;
        Stopwatch clock = Stopwatch.StartNew();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        end.CancelAfter(limit);
        string how;
        try
        {
            how = await RunToEndAsync(Keep, end.Token) switch
            {
                0 => Ok,
                int code => $"exit code {code}",
                null when stop.IsCancellationRequested => "interrupted",
                null => $"stopped at its limit of {limit.TotalSeconds:F0} s",
            };
        }
        catch (Exception error)
        {
            // Whatever it is: the other parts are to run.
            how = $"{Program}: {error.Message}";
        }

        lock (last)
        {
            done = true;
            how = how == Ok && !proven ? $"exit code 0, but no line with \"{Evidence}\"" : how;
            return new CheckOutcome(Name, how == Ok, how, clock.Elapsed.TotalSeconds, [.. last]);
        }

        void Keep(string? line)
        {
            lock (last)
            {
                // A line of a process that outlived its part belongs to no part.
                if (line is null || done)
                {
                    return;
                }

                try
                {
                    log.WriteLine($"[{Name}] {line}");
                }
                catch (IOException)
                {
                    // A full disk or a reader that went away costs lines, not the check.
                }

                proven = proven || Evidence!.IsMatch(line);
                last.Enqueue(line);
                if (last.Count > KeptLines)
                {
                    last.Dequeue();
                }
            }
        }
    }

    // The exit code, or null when it had to be ended.
    private async Task<int?> RunToEndAsync(Action<string?> keep, CancellationToken end)
    {
        ProcessStartInfo start = new(Program, Arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in Environment)
        {
            start.Environment[name] = value;
        }

        using Process process = new() { StartInfo = start };
        process.OutputDataReceived += (_, line) => keep(line.Data);
        process.ErrorDataReceived += (_, line) => keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            // Until the process has ended and its output is closed: a child of it may keep that open, so the limit holds for both.
            await process.WaitForExitAsync(end);
        }
        catch (OperationCanceledException)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);

                // The next part is not to share the device with what is left of this one.
                process.WaitForExit(TimeSpan.FromSeconds(10));
                return null;
            }
        }

        return process.ExitCode;
    }
}
