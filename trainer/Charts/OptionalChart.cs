using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Charts;

/// <summary>A chart that a report can do without: work on text alone needs the library that draws for nothing else.</summary>
internal static class OptionalChart
{
    /// <summary>Draws and writes a chart, or warns that the library is missing; then no chart of an earlier run is left in its place.</summary>
    /// <param name="path">The file.</param>
    /// <param name="draw">Draws it.</param>
    /// <param name="warn">Receives why it could not be drawn, a line.</param>
    /// <returns>Whether it was drawn.</returns>
    internal static bool TryWrite(string path, Func<RgbImage> draw, Action<string> warn)
    {
        try
        {
            ImageFile.Write(path, draw());
            return true;
        }
        catch (DllNotFoundException error)
        {
            File.Delete(path);
            warn($"{path} could not be drawn: {error.Message}");
            return false;
        }
    }
}
