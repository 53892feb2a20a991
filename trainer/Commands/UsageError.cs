using System.CommandLine;
using System.CommandLine.Parsing;

namespace LlavaCuda.Trainer.Commands;

/// <summary>One line about a command line that cannot be parsed: everything that is wrong with it, and what was probably meant.</summary>
internal static class UsageError
{
    /// <summary>Describes what is wrong, or returns null where nothing is.</summary>
    /// <param name="parsed">The parsed command line.</param>
    internal static string? Of(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string[] tokens = [.. Unknown(parsed)];

        // The value of an option that nobody knows is not wrong by itself.
        string[] unknown = [.. tokens.Where((token, i) => i == 0 || token.StartsWith('-') || !tokens[i - 1].StartsWith('-'))];
        if (parsed.Errors.Count == 0 && unknown.Length == 0)
        {
            return null;
        }

        string program = string.Join(' ', (string[])["llava", .. Path(parsed.CommandResult)]);
        (string Message, string? Meant)[] unknowns = [.. unknown.Select(token => Describe(command, token))];
        string[] missing = [.. command.Options.Where(option => option.Required && !IsGiven(parsed, option) && !unknowns.Any(u => u.Meant == option.Name)).Select(static option => $"'{option.Name}'")];
        List<string> parts = [.. unknowns.Select(static u => u.Message)];
        if (missing.Length > 0)
        {
            parts.Add(missing.Length == 1 ? $"Option {missing[0]} is required." : $"Options {string.Join(", ", missing[..^1])} and {missing[^1]} are required.");
        }

        if (unknowns.Length == 0)
        {
            // The parser says "Unrecognized ..." of what is described above already, and "is required" of each option by itself.
            parts.AddRange(parsed.Errors.Where(error => !(missing.Length > 0 && IsAbsence(error))).Select(static error => PlainMessage(error.Message)).Distinct());
        }

        return $"{program}: {string.Join(' ', parts)} (see {program} --help)";
    }

    /// <summary>Finds the name that was probably meant, by the letters that would have to change.</summary>
    /// <param name="typed">What was typed.</param>
    /// <param name="names">The names that there are.</param>
    /// <returns>The nearest one, or null where none is near.</returns>
    internal static string? Nearest(string typed, IEnumerable<string> names)
    {
        string word = typed.TrimStart('-').Replace('_', '-').ToLowerInvariant();
        (string Name, int Distance) nearest = names
            .Select(name => (Name: name, Distance: Score(word, name.TrimStart('-'))))
            .OrderBy(static candidate => candidate.Distance)
            .FirstOrDefault((string.Empty, int.MaxValue));
        return nearest.Distance <= Math.Max(1, word.Length / 3) ? nearest.Name : null;
    }

    // A beginning of a name is as good as one wrong letter.
    private static int Score(string word, string name) =>
        word.Length >= 3 && name.StartsWith(word, StringComparison.Ordinal) ? 1 : Distance(word, name);

    // Letters left out, added, replaced, or two of them exchanged.
    private static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                d[i, j] = i == 0 || j == 0 ? i + j : Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }

    // Options that take several values swallow whatever follows; a mistyped option is none of them.
    private static IEnumerable<string> Unknown(ParseResult parsed) =>
    [
        .. parsed.CommandResult.Command.Options
            .Where(static option => option.AllowMultipleArgumentsPerToken)
            .SelectMany(option => parsed.GetResult(option)?.Tokens ?? [])
            .Select(static token => token.Value)
            .Where(static value => value is ['-', '-', >= 'A' and <= 'z', ..]),
        .. parsed.UnmatchedTokens,
    ];

    private static (string Message, string? Meant) Describe(Command command, string token)
    {
        if (PeerNames.Refusal(command.Name, token) is { } reason)
        {
            return ($"'{token}' is no option here: {reason}.", null);
        }

        bool option = token.StartsWith('-');
        (string Name, string Ours)[] names = option
            ? [.. command.Options.Select(static o => (o.Name, o.Name)), .. PeerNames.Of(command.Name)]
            : [.. command.Subcommands.Where(static c => !c.Hidden).Select(static c => (c.Name, c.Name))];
        string name = token.IndexOf('=') is var end and > 0 ? token[..end] : token;
        string? nearest = Nearest(name, names.Select(static n => n.Name));
        string? meant = nearest is null ? null : names.First(n => n.Name == nearest).Ours;
        if (!option && command is not RootCommand && command.Subcommands.Count == 0)
        {
            return ($"'{token}' belongs to no option (a value with spaces needs quotes).", null);
        }

        string what = $"'{token}' is no {(option ? "option" : "command")}";
        return (nearest is null ? what + "." : $"{what}; did you mean {nearest}?", meant);
    }

    // The names of the command and of those above it, from the root on.
    private static IEnumerable<string> Path(CommandResult result) =>
        result.Parent is CommandResult above ? Path(above).Append(result.Command.Name) : [];

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static bool IsAbsence(ParseError error) => error.Message.StartsWith("Option ", StringComparison.Ordinal) && error.Message.EndsWith(" is required.", StringComparison.Ordinal);

    // The parser's message names the program's own types and lists choices a line each.
    private static string PlainMessage(string message)
    {
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        int type = lines[0].IndexOf(" as expected type", StringComparison.Ordinal);
        string what = type < 0 ? lines[0] : lines[0][..type] + ".";
        return lines.Length == 1 ? what : $"{what.Replace(" Must be one of:", string.Empty, StringComparison.Ordinal).TrimEnd('.')}; expected {string.Join(", ", lines[1..]).ToLowerInvariant()}.";
    }
}
