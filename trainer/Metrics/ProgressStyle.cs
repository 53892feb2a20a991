using Spectre.Console;

namespace LlavaCuda.Trainer.Metrics;

/// <summary>How progress is written.</summary>
/// <param name="Live">Whether the line is written over: only a terminal can.</param>
/// <param name="Colour">Whether it may have colour.</param>
/// <param name="Width">Columns of the terminal; a live line is cut to stay on one row.</param>
/// <param name="Interval">The least time between two lines.</param>
internal sealed record ProgressStyle(bool Live, bool Colour, int Width, TimeSpan Interval)
{
    /// <summary>For pipes and files.</summary>
    internal static readonly ProgressStyle Plain = new(Live: false, Colour: false, int.MaxValue, TimeSpan.FromSeconds(5));

    /// <summary>What standard output allows; <c>NO_COLOR</c> and <c>TERM=dumb</c> are obeyed.</summary>
    internal static ProgressStyle OfConsole()
    {
        if (Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") == "dumb")
        {
            return Plain;
        }

        bool colour = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && AnsiConsole.Profile.Capabilities.Ansi;
        return new ProgressStyle(Live: true, colour, AnsiConsole.Profile.Width, TimeSpan.FromMilliseconds(100));
    }
}
