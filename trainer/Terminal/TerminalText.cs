using System.Globalization;

namespace LlavaCuda.Trainer.Terminal;

/// <summary>
/// Text from models and files, made harmless for a terminal. Characters that move the cursor, colour, erase or reorder what is shown are replaced by ones that show them: a model's answer, a file's name or a key in
/// a damaged file must not be able to write over what the program said.
/// </summary>
internal static class TerminalText
{
    /// <summary>Tells whether a terminal would obey a character and not show it. Line feeds and tabs are text.</summary>
    /// <param name="c">The character.</param>
    internal static bool IsControl(char c) => c is not ('\n' or '\t')
        && (char.IsControl(c) || c is (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069'));

    /// <summary>Gets what is shown in the place of a character that a terminal would obey.</summary>
    /// <param name="c">The character.</param>
    internal static string Shown(char c) => c switch
    {
        // Unicode has symbols for those of ASCII.
        < ' ' => ((char)('\u2400' + c)).ToString(),
        '\u007F' => "\u2421",
        _ => string.Create(CultureInfo.InvariantCulture, $"<U+{(int)c:X4}>"),
    };

    /// <summary>Replaces what a terminal would obey.</summary>
    /// <param name="text">Any text.</param>
    internal static string Clean(string text) => text.Any(IsControl) ? string.Concat(text.Select(static c => IsControl(c) ? Shown(c) : c.ToString())) : text;

    /// <summary>Makes one line of a text, with nothing in it that a terminal would obey.</summary>
    /// <param name="text">Any text.</param>
    internal static string Line(string text) => Clean(string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
}
