using System.Globalization;
using LlavaCuda.Images;
using SkiaSharp;

namespace LlavaCuda.Trainer.Charts;

/// <summary>Draws questions about images as a sheet: image, question, the model's answer in green or red, and the truth.</summary>
internal static class SampleSheet
{
    private const int CellWidth = 300;
    private const int ImageSide = 252;
    private const int Margin = 24;
    private const int Inset = 12;
    private const float TextSize = 14.5f;
    private const int MostLines = 12;
    private const int MostColumns = 12;

    // Of longer sheets few programs show the end.
    private const int MostSamples = 200;

    /// <summary>Draws the sheet and writes it as PNG.</summary>
    internal static void Write(string path, string title, IReadOnlyList<AnsweredImage> samples, int columns = 4) =>
        ImageFile.Write(path, Draw(title, samples, columns));

    /// <summary>Draws the sheet, row by row: the first 200 samples, and 12 lines of each text at most.</summary>
    internal static RgbImage Draw(string title, IReadOnlyList<AnsweredImage> samples, int columns = 4)
    {
        SkiaLibrary.Require();
        columns = Math.Clamp(columns, 1, Math.Clamp(samples.Count, 1, MostColumns));
        int width = (Math.Max(columns, 2) * CellWidth) + Margin;
        TextBlock heading = new(title, 22, width - (2 * Margin), mostLines: 3, strong: true);
        Cell[][] rows = [.. samples.Take(MostSamples).Select(static sample => new Cell(sample)).Chunk(columns)];
        List<string> said = [];
        if (samples.Count > MostSamples)
        {
            said.Add(string.Create(CultureInfo.InvariantCulture, $"The first {MostSamples} of {samples.Count:N0} samples."));
        }

        if (heading.HasReplacements || rows.Any(static row => row.Any(static cell => cell.HasReplacements)))
        {
            said.Add(ChartFont.ReplacementNote);
        }

        TextBlock note = new(string.Join(' ', said), TextSize, width - (2 * Margin), mostLines: 3);
        int top = (2 * Margin) + (int)Math.Ceiling(heading.Height + note.Height) - 6;
        int height = top + rows.Sum(static row => row.Max(static cell => cell.Height) + Margin) + (rows.Length == 0 ? Margin : 0);
        return Raster.Draw(width, height, ChartColours.Page, canvas =>
        {
            heading.Draw(canvas, Margin, Margin - 4, ChartColours.Ink);
            note.Draw(canvas, Margin, Margin + heading.Height, ChartColours.Quiet);
            foreach (Cell[] row in rows)
            {
                int rowHeight = row.Max(static cell => cell.Height);
                for (int i = 0; i < row.Length; i++)
                {
                    row[i].Draw(canvas, SKRect.Create(Margin + (i * CellWidth), top, CellWidth - Margin, rowHeight));
                }

                top += rowHeight + Margin;
            }
        });
    }

    /// <summary>
    /// Makes an image as large as its place: small ones by whole multiples, so that their pixels stay sharp, large ones by the smooth
    /// filter.
    /// </summary>
    internal static RgbImage Fit(RgbImage image, int side)
    {
        int longSide = Math.Max(image.Width, image.Height);
        if (longSide > side)
        {
            int width = (int)Math.Max((long)image.Width * side / longSide, 1);
            int height = (int)Math.Max((long)image.Height * side / longSide, 1);
            return BicubicResize.Resize(image, width, height);
        }

        int factor = side / longSide;
        RgbImage large = new(image.Width * factor, image.Height * factor);
        for (int y = 0; y < large.Height; y++)
        {
            for (int x = 0; x < large.Width; x++)
            {
                image.Row(y / factor).Slice(x / factor * 3, 3).CopyTo(large.Row(y)[(x * 3)..]);
            }
        }

        return large;
    }

    /// <summary>A sample with its text broken into lines.</summary>
    private sealed class Cell
    {
        private readonly RgbImage _image;
        private readonly (TextBlock Text, SKColor Colour)[] _texts;

        internal Cell(AnsweredImage sample)
        {
            _image = Fit(sample.Image, ImageSide);
            string answer = string.IsNullOrWhiteSpace(sample.Answer) ? "(no answer)" : sample.Answer;
            _texts =
            [
                (Text(sample.Question, strong: false), ChartColours.Ink),
                (Text(answer, strong: true), sample.Right ? ChartColours.Right : ChartColours.Wrong),
                (Text("truth: " + sample.Truth, strong: false), ChartColours.Quiet),
            ];
        }

        internal bool HasReplacements => _texts.Any(static text => text.Text.HasReplacements);

        internal int Height => ImageSide + (3 * Inset) + (int)Math.Ceiling(_texts.Sum(static text => text.Text.Height + 4)) - 4;

        internal void Draw(SKCanvas canvas, SKRect box)
        {
            using SKPaint paint = new() { Color = SKColors.White, IsAntialias = true };
            canvas.DrawRoundRect(box, 6, 6, paint);
            paint.Color = ChartColours.Grid;
            paint.Style = SKPaintStyle.Stroke;
            canvas.DrawRoundRect(box.Left + 0.5f, box.Top + 0.5f, box.Width - 1, box.Height - 1, 6, 6, paint);
            int left = (int)(box.Left + ((box.Width - _image.Width) / 2));
            Raster.Copy(_image, canvas, left, (int)(box.Top + Inset + ((ImageSide - _image.Height) / 2)));
            float top = box.Top + ImageSide + (2 * Inset);
            foreach ((TextBlock text, SKColor colour) in _texts)
            {
                text.Draw(canvas, box.Left + Inset, top, colour);
                top += text.Height + 4;
            }
        }

        private static TextBlock Text(string text, bool strong) => new(text, TextSize, CellWidth - Margin - (2 * Inset), MostLines, strong);
    }
}
