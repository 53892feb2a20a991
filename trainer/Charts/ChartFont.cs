using System.Globalization;
using System.Text;
using LlavaCuda.Images;
using ScottPlot;
using SkiaSharp;

namespace LlavaCuda.Trainer.Charts;

/// <summary>
/// The typeface of all charts, Inter in two weights, which the program carries: what is drawn is the same on a machine without fonts,
/// and no font of the system is ever drawn. It has Latin, Greek and Cyrillic letters, arrows and signs of mathematics.
/// </summary>
internal static class ChartFont
{
    /// <summary>What stands in the place of each character that the typeface lacks.</summary>
    internal const char Replacement = '\u25a1';

    /// <summary>Says what <see cref="Replacement"/> is, where it appears.</summary>
    internal static readonly string ReplacementNote = $"{Replacement} stands for a character that the typeface of charts lacks.";

    private static readonly Lazy<(SKTypeface Regular, SKTypeface Strong)> Faces = new(Load);

    /// <summary>Gets the name of the family.</summary>
    internal static string Family => Faces.Value.Regular.FamilyName;

    /// <summary>Makes a font to measure and draw with.</summary>
    /// <param name="size">Height of a line's letters from ascender to descender, about; in pixels.</param>
    /// <param name="strong">Whether semi-bold.</param>
    /// <exception cref="DllNotFoundException">SkiaSharp's library cannot be loaded.</exception>
    internal static SKFont Create(float size, bool strong) => new(strong ? Faces.Value.Strong : Faces.Value.Regular, size)
    {
        Subpixel = true,
        Edging = SKFontEdging.Antialias,
        Hinting = SKFontHinting.None,
    };

    /// <summary>
    /// Gives text that the typeface can draw: white space as single spaces, without characters that are not seen, each character
    /// that the typeface lacks as <see cref="Replacement"/>. Line feeds stay.
    /// </summary>
    /// <param name="text">Any text.</param>
    internal static string Drawable(string text)
    {
        StringBuilder drawable = new(text.Length);
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text.ReplaceLineEndings("\n"));
        while (elements.MoveNext())
        {
            string element = elements.GetTextElement();
            if (element == "\n")
            {
                drawable.Append('\n');
            }
            else if (element.All(char.IsWhiteSpace))
            {
                drawable.Append(element[0] is '\u00a0' or '\u202f' ? '\u00a0' : ' ');
            }
            else
            {
                Append(drawable, element);
            }
        }

        return drawable.ToString();
    }

    private static void Append(StringBuilder drawable, string element)
    {
        int start = drawable.Length;
        foreach (Rune rune in element.EnumerateRunes())
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            if (category is UnicodeCategory.Control or UnicodeCategory.Format)
            {
                continue;
            }

            if (Faces.Value.Regular.GetGlyph(rune.Value) == 0 || rune == Rune.ReplacementChar)
            {
                drawable.Length = start;
                drawable.Append(Replacement);
                return;
            }

            drawable.Append(rune.ToString());
        }
    }

    private static (SKTypeface Regular, SKTypeface Strong) Load()
    {
        SkiaLibrary.Require();
        (SKTypeface Regular, SKTypeface Strong) faces = (Read("fonts/Inter-Regular.otf"), Read("fonts/Inter-SemiBold.otf"));
        Fonts.FontResolvers.Clear();
        Fonts.FontResolvers.Add(new Resolver(faces.Regular, faces.Strong));
        Fonts.Default = faces.Regular.FamilyName;
        return faces;
    }

    private static SKTypeface Read(string resource)
    {
        using Stream stream = typeof(ChartFont).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The program lacks {resource}.");
        return SKTypeface.FromStream(stream) ?? throw new InvalidOperationException($"{resource} is no typeface that Skia can read.");
    }

    /// <summary>Answers every request of ScottPlot for a font.</summary>
    private sealed class Resolver(SKTypeface regular, SKTypeface strong) : IFontResolver
    {
        public SKTypeface CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            weight >= FontWeight.SemiBold ? strong : regular;

        public SKTypeface CreateTypeface(string fontName, bool bold, bool italic) => bold ? strong : regular;
    }
}
