using SkiaSharp;

namespace LlavaCuda.Trainer.Charts;

/// <summary>The colours of charts, on white.</summary>
internal static class ChartColours
{
    internal static readonly SKColor Ink = new(31, 41, 55);
    internal static readonly SKColor Quiet = new(95, 104, 118);
    internal static readonly SKColor Grid = new(231, 233, 237);
    internal static readonly SKColor Page = new(246, 247, 249);
    internal static readonly SKColor Right = new(6, 118, 71);
    internal static readonly SKColor Wrong = new(190, 24, 45);

    private static readonly SKColor[] Series =
    [
        new(37, 99, 235), new(217, 96, 12), new(13, 148, 110), new(160, 50, 180), new(185, 28, 60), new(90, 100, 20),
    ];

    /// <summary>The colour of a series; after six they begin again.</summary>
    internal static SKColor OfSeries(int index) => Series[index % Series.Length];

    /// <summary>The colour of a series' bars, a little paler: intervals and marks are read on it.</summary>
    internal static SKColor OfBars(int index)
    {
        SKColor colour = OfSeries(index);
        return new SKColor(Pale(colour.Red), Pale(colour.Green), Pale(colour.Blue));

        static byte Pale(byte part) => (byte)(part + ((255 - part) * 3 / 20));
    }
}
