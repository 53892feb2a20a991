using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Charts;

/// <summary>Draws questions about pictures as a sheet: picture, question, the model's answer in green or red, and the truth.</summary>
internal static class SampleSheet
{
    private const int CellWidth = 300;
    private const int PictureSide = 252;
    private const int Margin = 24;
    private const int Inset = 12;
    private const int TitleHeight = 76;
    private const int Scale = 2;
    private const int TextColumns = (CellWidth - Margin - (2 * Inset)) / (Font.Advance * Scale);
    private const int LineHeight = Font.LineHeight * Scale;
    private static readonly Colour Background = new(246, 247, 249);

    /// <summary>Draws the sheet and writes it as PNG.</summary>
    internal static void Write(string path, string title, IReadOnlyList<AnsweredPicture> samples, int columns = 4) =>
        ImageFile.Write(path, Draw(title, samples, columns));

    /// <summary>Draws the sheet, row by row.</summary>
    internal static RgbImage Draw(string title, IReadOnlyList<AnsweredPicture> samples, int columns = 4)
    {
        columns = Math.Clamp(columns, 1, Math.Max(samples.Count, 1));
        Cell[][] rows = [.. samples.Select(sample => new Cell(sample)).Chunk(columns)];
        int width = Math.Max((columns * CellWidth) + Margin, (2 * Margin) + Canvas.TextWidth(title, 3));
        Canvas canvas = new(width, TitleHeight + rows.Sum(row => row.Max(cell => cell.Height) + Margin) + (rows.Length == 0 ? Margin : 0), Background);
        canvas.Text(Margin, 28, title, Colour.Ink, scale: 3);
        int top = TitleHeight;
        foreach (Cell[] row in rows)
        {
            int height = row.Max(cell => cell.Height);
            for (int i = 0; i < row.Length; i++)
            {
                row[i].Draw(canvas, Box.Sized(Margin + (i * CellWidth), top, CellWidth - Margin, height));
            }

            top += height + Margin;
        }

        return canvas.Image;
    }

    /// <summary>Makes a picture as large as its place: small ones by whole multiples, so that their pixels stay sharp, large ones by the smooth filter.</summary>
    internal static RgbImage Fit(RgbImage picture, int side)
    {
        int longSide = Math.Max(picture.Width, picture.Height);
        if (longSide > side)
        {
            int width = (int)Math.Max((long)picture.Width * side / longSide, 1);
            int height = (int)Math.Max((long)picture.Height * side / longSide, 1);
            return BicubicResize.Resize(picture, width, height);
        }

        int factor = side / longSide;
        RgbImage large = new(picture.Width * factor, picture.Height * factor);
        for (int y = 0; y < large.Height; y++)
        {
            for (int x = 0; x < large.Width; x++)
            {
                picture.Row(y / factor).Slice(x / factor * 3, 3).CopyTo(large.Row(y)[(x * 3)..]);
            }
        }

        return large;
    }

    /// <summary>A sample with its text broken into lines.</summary>
    private sealed class Cell(AnsweredPicture sample)
    {
        private readonly RgbImage _picture = Fit(sample.Picture, PictureSide);

        private readonly (string Text, Colour Colour)[] _lines =
        [
            .. Font.Wrap(sample.Question, TextColumns).Select(line => (line, Colour.Ink)),
            .. Font.Wrap(sample.Answer.Length == 0 ? "(no answer)" : sample.Answer, TextColumns).Select(line => (line, sample.Right ? Colour.Right : Colour.Wrong)),
            .. Font.Wrap("truth: " + sample.Truth, TextColumns).Select(line => (line, Colour.Quiet)),
        ];

        internal int Height => PictureSide + (3 * Inset) + (_lines.Length * LineHeight);

        internal void Draw(Canvas canvas, Box box)
        {
            canvas.Fill(box, Colour.White);
            canvas.Outline(box, Colour.Grid);
            canvas.Picture(box.Left + ((box.Width - _picture.Width) / 2), box.Top + Inset + ((PictureSide - _picture.Height) / 2), _picture);
            int top = box.Top + PictureSide + (2 * Inset);
            foreach ((string text, Colour colour) in _lines)
            {
                canvas.Text(box.Left + Inset, top, text, colour, Scale);
                top += LineHeight;
            }
        }
    }
}
