using System.Buffers;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace LlavaCuda.Trainer.Commands;

/// <summary>
/// How options read their values, in one place for all commands. Numbers have the form that C and JSON know, whatever the system's language: the parser's own way takes commas for separators of thousands, and reads
/// <c>0,001</c> as 1.
/// </summary>
internal static class OptionParsing
{
    private static readonly SearchValues<char> OfNumbers = SearchValues.Create("0123456789+-.eE");

    /// <summary>Gives the options of a command and of those below it their parsers, and the choices that their help names to completion.</summary>
    /// <param name="command">The command.</param>
    internal static void Apply(Command command)
    {
        foreach (Option option in command.Options)
        {
            Apply(option);
            if (option.HelpName is { } choices && choices.Contains('|'))
            {
                option.CompletionSources.Clear();
                option.CompletionSources.Add(choices.Split('|'));
            }
        }

        foreach (Command below in command.Subcommands)
        {
            Apply(below);
        }
    }

    /// <summary>Gets a number that has a lower bound.</summary>
    /// <param name="least">The bound.</param>
    /// <param name="parsed">The parsed command line.</param>
    /// <param name="option">The option.</param>
    /// <exception cref="ArgumentException">The number is less.</exception>
    internal static int AtLeast(int least, ParseResult parsed, Option<int> option)
    {
        int value = parsed.GetValue(option);
        return value >= least ? value : throw new ArgumentException($"{option.Name} is {value}; expected at least {least}.");
    }

    private static void Apply(Option option)
    {
        switch (option)
        {
            case Option<double> number:
                number.CustomParser ??= Number<double>;
                break;
            case Option<double?> number:
                number.CustomParser ??= static result => Number<double>(result);
                break;
            case Option<float> number:
                number.CustomParser ??= Number<float>;
                break;
            case Option<float?> number:
                number.CustomParser ??= static result => Number<float>(result);
                break;
            case Option<int> number:
                number.CustomParser ??= Integer<int>;
                break;
            case Option<int?> number:
                number.CustomParser ??= static result => Integer<int>(result);
                break;
            case Option<long> number:
                number.CustomParser ??= Integer<long>;
                break;
            case Option<long?> number:
                number.CustomParser ??= static result => Integer<long>(result);
                break;
            case Option<ulong> number:
                number.CustomParser ??= Integer<ulong>;
                break;
            case Option<ulong?> number:
                number.CustomParser ??= static result => Integer<ulong>(result);
                break;
            default:
                // Texts, switches, choices and lists of texts.
                break;
        }
    }

    private static T Number<T>(ArgumentResult result)
        where T : struct, IFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        string text = result.Tokens[^1].Value;
        if (text.AsSpan().ContainsAnyExcept(OfNumbers) || !T.TryParse(text, Style, CultureInfo.InvariantCulture, out T value))
        {
            result.AddError(Refusal(result, text, "a number like 0.001 or 1e-3"));
            return default;
        }

        if (!T.IsFinite(value))
        {
            result.AddError(Refusal(result, text, $"at most {T.MaxValue.ToString("0.##e+0", CultureInfo.InvariantCulture)} in size"));
        }

        return value;
    }

    private static T Integer<T>(ArgumentResult result)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        string text = result.Tokens[^1].Value;
        if (T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T value))
        {
            return value;
        }

        bool whole = text.AsSpan().TrimStart("+-") is { IsEmpty: false } digits && !digits.ContainsAnyExceptInRange('0', '9');
        result.AddError(Refusal(result, text, whole ? $"{T.MinValue} to {T.MaxValue}" : "a whole number like 128"));
        return default;
    }

    private static string Refusal(ArgumentResult result, string text, string expected) =>
        $"Cannot parse argument '{text}' for option '{(result.Parent as OptionResult)?.Option.Name}'; expected {expected}.";
}
