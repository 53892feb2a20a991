using System.Buffers;
using System.Text;
using System.Text.Json;

namespace LlavaCuda.Formats;

/// <summary>Says in words what is wrong with text that a JSON reader refuses; the reader's own messages speak of its options.</summary>
internal static class JsonFault
{
    private const string CutOff = "the text ends in the middle; it is cut off";
    private const int LongestWord = 40;

    private static readonly SearchValues<byte> WordBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-._"u8);

    /// <summary>Describes the fault that follows the last token of a reader.</summary>
    /// <param name="text">All that the reader was given.</param>
    /// <param name="before">The reader as it was before the call that failed.</param>
    /// <param name="inObject">Whether that token lies in an object rather than a list, or null where nobody knows.</param>
    /// <returns>The byte at which the fault begins, and what is there and what was expected, as a clause without a full stop.</returns>
    internal static (int At, string What) Describe(ReadOnlySpan<byte> text, in Utf8JsonReader before, bool? inObject = null)
    {
        int at = SkipSpace(text, (int)before.BytesConsumed);
        bool afterValue = before.TokenType
            is not (JsonTokenType.None or JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.PropertyName);
        bool isComplete = afterValue && before.CurrentDepth == 0;
        string expected = before.TokenType switch
        {
            JsonTokenType.None or JsonTokenType.PropertyName => "a value",
            JsonTokenType.StartObject => "a key in double quotes or '}'",
            JsonTokenType.StartArray => "a value or ']'",
            _ when isComplete => "nothing after the end",
            _ => inObject switch { true => "',' or '}'", false => "',' or ']'", null => "',' or a closing bracket" },
        };
        bool expectsKey = before.TokenType == JsonTokenType.StartObject;
        if (afterValue && !isComplete && At(text, at) == ',')
        {
            int next = SkipSpace(text, at + 1);
            if (At(text, next) is ']' or '}')
            {
                return (at, $"there is a comma before the closing '{(char)text[next]}'; expected another entry or no comma");
            }

            at = next;
            afterValue = false;
            expectsKey = inObject == true;
            expected = inObject switch { true => "a key in double quotes", false => "a value", null => "another entry" };
        }

        return at < text.Length ? (at, Found(text, at, before, afterValue, expectsKey, expected))
            : (text.Length, before.TokenType == JsonTokenType.None ? "there is nothing but white space; expected a value" : CutOff);
    }

    private static string Found(
        ReadOnlySpan<byte> text, int at, in Utf8JsonReader before, bool afterValue, bool expectsKey, string expected)
    {
        byte first = text[at];
        string word = Word(text[at..]);
        return first switch
        {
            (byte)'/' or (byte)'#' => "there is a comment, which JSON does not have",
            (byte)'\'' => "there is a text in single quotes; expected double quotes",
            (byte)'{' or (byte)'[' when !afterValue && before.CurrentDepth >= JsonFile.MaxDepth - 1 =>
                $"lists and objects are nested deeper than {JsonFile.MaxDepth} levels",
            (byte)'"' when !afterValue => StringFault(text, at) ?? "a key is not followed by ':'",
            _ when afterValue || expectsKey || word.Length == 0 =>
                $"found {(word.Length > 0 ? Quoted.Name(word) : Character(text, at))}; expected {expected}",
            _ when at + word.Length == text.Length && before.TokenType != JsonTokenType.None => CutOff,
            _ => word switch
            {
                "NaN" or "nan" or "Infinity" or "-Infinity" or "inf" or "-inf" =>
                    $"{Quoted.Name(word)} is not a JSON value; expected a finite number or null",
                "True" or "False" => $"{Quoted.Name(word)} is not a JSON value; expected {word.ToLowerInvariant()}",
                "None" or "undefined" => $"{Quoted.Name(word)} is not a JSON value; expected null",
                _ when word[0] is '-' or '+' or '.' || char.IsAsciiDigit(word[0]) => $"{Quoted.Name(word)} is not a JSON number",
                _ => $"{Quoted.Name(word)} is not a JSON value; a text needs double quotes",
            },
        };
    }

    /// <summary>What is wrong inside a text, or null.</summary>
    private static string? StringFault(ReadOnlySpan<byte> text, int at)
    {
        for (int i = at + 1; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                return null;
            }

            if (text[i] < ' ')
            {
                string what = text[i] switch { (byte)'\n' => "line break", (byte)'\t' => "tab", _ => $"control character 0x{text[i]:x2}" };
                return $"a text holds a raw {what}; expected it as an escape, or the closing quote before it";
            }

            if (text[i] == '\\' && !SkipEscape(text, ref i))
            {
                return i < text.Length ? "a text holds a backslash that begins no escape; expected \\\\ for a backslash" : CutOff;
            }
        }

        return "a text has no closing quote; the file is cut off";
    }

    private static bool SkipEscape(ReadOnlySpan<byte> text, ref int at)
    {
        at++;
        if (At(text, at) == 'u')
        {
            for (int digit = 0; digit < 4; digit++)
            {
                if (!char.IsAsciiHexDigit(At(text, ++at)))
                {
                    return false;
                }
            }

            return true;
        }

        return at < text.Length && "\"\\/bfnrt"u8.Contains(text[at]);
    }

    private static int SkipSpace(ReadOnlySpan<byte> text, int at)
    {
        int length = text[at..].IndexOfAnyExcept(" \t\r\n"u8);
        return length < 0 ? text.Length : at + length;
    }

    private static char At(ReadOnlySpan<byte> text, int at) => at < text.Length ? (char)text[at] : '\0';

    private static string Word(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> bounded = text[..Math.Min(text.Length, LongestWord)];
        int length = bounded.IndexOfAnyExcept(WordBytes);
        return Encoding.ASCII.GetString(length < 0 ? bounded : bounded[..length]);
    }

    private static string Character(ReadOnlySpan<byte> text, int at) =>
        Rune.DecodeFromUtf8(text[at..], out Rune rune, out _) == OperationStatus.Done ? Quoted.Name(rune.ToString())
            : $"byte 0x{text[at]:x2}, which is not UTF-8";
}
