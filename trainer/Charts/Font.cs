namespace LlavaCuda.Trainer.Charts;

/// <summary>A fixed-width font for ASCII, 5 x 9 points a character in a cell of 6 x 12: pictures must have text on machines that have no fonts.</summary>
internal static class Font
{
    /// <summary>Points from one character to the next.</summary>
    internal const int Advance = 6;

    /// <summary>Points from one line to the next.</summary>
    internal const int LineHeight = 12;

    /// <summary>Points from the top of a capital letter to the base line; two more lie below it.</summary>
    internal const int CapHeight = 7;

    private const int Rows = 9;

    /// <summary>The characters from the space on, 16 a line; nine digits of base 32 each, one a row, whose five bits are the points. The last one stands for all others.</summary>
    private const string Glyphs =
        "000000000444440400AAA000000AAVAVAA004FKE5U400OP248J300CIK8LID0044400000024888420084222480004LEL4000044V4400000000C480000V0000000000CC0001248G000" +
        "EHJLPHE004C4444E00EH1248V00V2421HE0026AIV2200VGU11HE0068GUHHE00V12488800EHHEHHE00EHHF12C000CC0CC0000CC0C4800248G8420000V0V0000842124800EH1240400" +
        "EH1DLLE00EHHHVHH00UHHUHHU00EHGGGHE00SIHHHIS00VGGUGGV00VGGUGGG00EHGNHHF00HHHVHHH00E44444E0072222IC00HIKOKIH00GGGGGGV00HRLLHHH00HHPLJHH00EHHHHHE00" +
        "UHHUGGG00EHHHLID00UHHUKIH00FGGE11U00V44444400HHHHHHE00HHHHHA400HHHLLLA00HHA4AHH00HHHA44400V1248GV00E88888E000G8421000E22222E004AH0000000000000V0" +
        "84200000000E1FHF00GGMPHHU0000EGGHE0011DJHHF0000EHVGE00698S8880000FHHHF1EGGMPHHH0040C444E002062222ICGGIKOKI00C44444E0000QLLLL0000MPHHH0000EHHHE00" +
        "00UHHHUGG00FHHHF1100MPGGG0000FGE1U0088S88960000HHHJD0000HHHA40000HHLLA0000HA4AH0000HHHHF1E00V248V00244844200444444400844244800008L20000VHHHHHV00";

    /// <summary>The points of one row of a character, the leftmost in bit 4.</summary>
    internal static int Row(char character, int row)
    {
        if ((uint)row >= Rows)
        {
            return 0;
        }

        int glyph = character is >= ' ' and <= '~' ? character - ' ' : '~' + 1 - ' ';
        char digit = Glyphs[(glyph * Rows) + row];
        return digit <= '9' ? digit - '0' : digit - 'A' + 10;
    }

    /// <summary>Breaks text into lines of at most so many characters, at spaces where it can; line ends in the text are kept.</summary>
    internal static List<string> Wrap(string text, int columns)
    {
        List<string> lines = [];
        foreach (string paragraph in text.ReplaceLineEndings("\n").Split('\n'))
        {
            string rest = paragraph.TrimEnd();
            while (rest.Length > columns)
            {
                int space = rest.LastIndexOf(' ', columns);
                int end = space > 0 ? space : columns;
                lines.Add(rest[..end].TrimEnd());
                rest = rest[end..].TrimStart();
            }

            lines.Add(rest);
        }

        return lines;
    }
}
