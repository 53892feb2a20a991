using System.Reflection;
using System.Text.RegularExpressions;
using LlavaCuda.Trainer.Terminal;

namespace LlavaCuda.Trainer.Commands;

/// <summary>The exit codes of the program, and which of them an exception means.</summary>
internal static partial class ExitCode
{
    internal const int Ok = 0;
    internal const int Failed = 1;
    internal const int Usage = 2;
    internal const int Interrupted = 130;

    /// <summary>Tells what an exception means to whoever called the program. Arguments that make no sense are the caller's, everything else is the run's.</summary>
    internal static int Of(Exception error) => error switch
    {
        OperationCanceledException => Interrupted,
        ArgumentException => Usage,
        _ => Failed,
    };

    /// <summary>Takes the wrapping off exceptions that carry another.</summary>
    internal static Exception Unwrap(Exception error) =>
        error is AggregateException or TargetInvocationException or TypeInitializationException && error.InnerException is { } inner ? Unwrap(inner) : error;

    /// <summary>Writes an exception as one line, without the framework's notes on parameters and without anything that a terminal would obey.</summary>
    internal static string Line(Exception error) => TerminalText.Line(error is OperationCanceledException ? "interrupted" : Parameter().Replace(error.Message, string.Empty));

    // Messages carry those of others, so that the name is not always this exception's own.
    [GeneratedRegex(@" \(Parameter '[^']*'\)")]
    private static partial Regex Parameter();
}
