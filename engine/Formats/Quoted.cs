using System.Buffers;
using System.Globalization;
using System.Text;

namespace LlavaCuda.Formats;

/// <summary>
/// Text from files inside error messages: of bounded length, always on one line, and nothing in it that a terminal or a reader could take
/// for something else.
/// </summary>
internal static class Quoted
{
    private const int Longest = 160;

    /// <summary>A name or a text in single quotes.</summary>
    internal static string Name(ReadOnlySpan<char> text) => $"'{Line(text)}'";

    /// <summary>
    /// The same without quotes. Control characters, line separators, invisible formatting and halves of surrogate pairs become their JSON
    /// escapes.
    /// </summary>
    internal static string Line(ReadOnlySpan<char> text)
    {
        StringBuilder line = new();
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            if (line.Length >= Longest)
            {
                return line.Append("...").ToString();
            }

            bool whole = Rune.DecodeFromUtf16(rest, out Rune rune, out int length) == OperationStatus.Done;
            if (whole && !IsHidden(rune))
            {
                line.Append(rest[..length]);
            }
            else
            {
                Escape(line, rest[..length]);
            }

            rest = rest[length..];
        }

        return line.ToString();
    }

    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static void Escape(StringBuilder line, ReadOnlySpan<char> characters)
    {
        foreach (char c in characters)
        {
            line.Append(c switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", _ => $"\\u{(int)c:x4}" });
        }
    }
}
