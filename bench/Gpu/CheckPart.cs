using System.Diagnostics;

namespace LlavaCuda.Bench.Gpu;

/// <summary>A part of the check in a process of its own: what goes wrong there, a hang included, costs the others nothing.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Limit">After this it is ended.</param>
/// <param name="Program">What to run.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record CheckPart(string Name, TimeSpan Limit, string Program, IReadOnlyList<string> Arguments)
{
    private const int KeptLines = 12;

    /// <summary>Gets variables that it runs with, besides the check's own.</summary>
    internal IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Runs it and shows its output as it comes.</summary>
    /// <param name="limit">The time that is left for the whole check.</param>
    /// <returns>What came of it.</returns>
    internal CheckOutcome Run(TimeSpan limit)
    {
        Queue<string> last = new();
        Stopwatch clock = Stopwatch.StartNew();
        try
        {
            ProcessStartInfo start = new(Program, Arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach ((string name, string value) in Environment)
            {
                start.Environment[name] = value;
            }

            using Process process = new() { StartInfo = start };
            process.OutputDataReceived += (_, line) => Keep(line.Data);
            process.ErrorDataReceived += (_, line) => Keep(line.Data);
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            bool ended = process.WaitForExit(limit < Limit ? limit : Limit);
            if (!ended)
            {
                process.Kill(entireProcessTree: true);
            }

            // Once more without a limit, for the rest of the output.
            process.WaitForExit();
            string end = !ended ? $"ended after {clock.Elapsed.TotalSeconds:F0} s" : process.ExitCode == 0 ? "ok" : $"exit code {process.ExitCode}";
            return new CheckOutcome(Name, ended && process.ExitCode == 0, end, clock.Elapsed.TotalSeconds, Lines());
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return new CheckOutcome(Name, false, $"{Program}: {error.Message}", clock.Elapsed.TotalSeconds, Lines());
        }

        void Keep(string? line)
        {
            if (line is null)
            {
                return;
            }

            lock (last)
            {
                Console.WriteLine($"[{Name}] {line}");
                last.Enqueue(line);
                if (last.Count > KeptLines)
                {
                    last.Dequeue();
                }
            }
        }

        string[] Lines()
        {
            lock (last)
            {
                return [.. last];
            }
        }
    }
}
