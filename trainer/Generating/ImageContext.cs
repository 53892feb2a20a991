using LlavaCuda.Trainer.Evaluation;

namespace LlavaCuda.Trainer.Generating;

/// <summary>What a text-only model is shown of an image: its captions, and its boxes where the type of answer has them.</summary>
internal static class ImageContext
{
    private const int Digits = 3;

    /// <summary>
    /// Writes it: captions a line each; after an empty line boxes a line each, <c>category: [x1, y1, x2, y2]</c>, as shares of the image's
    /// width and height, rounded to three decimals.
    /// </summary>
    /// <param name="data">The annotations.</param>
    /// <param name="place">The image's place in them.</param>
    /// <param name="hasBoxes">Whether boxes are shown.</param>
    internal static string Of(CocoData data, int place, bool hasBoxes)
    {
        List<string> lines = [.. data.Captions(place)];
        if (hasBoxes)
        {
            CocoImage image = data[place];
            string[] boxes = [.. data.Boxes(place).Select(box => Line(data.Category(box.Category), box, image))];
            if (boxes.Length > 0)
            {
                lines.Add(string.Empty);
                lines.AddRange(boxes);
            }
        }

        return string.Join('\n', lines);
    }

    private static string Line(string category, CocoBox box, CocoImage image) =>
        $"{category}: [{Share(box.X, image.Width)}, {Share(box.Y, image.Height)}, "
        + $"{Share(box.X + box.Width, image.Width)}, {Share(box.Y + box.Height, image.Height)}]";

    // As the original's Python prints it: 0.24, but 0.0 and 1.0. Annotations pass the border of an image by parts of a pixel.
    private static string Share(double pixels, int size) =>
        PythonNumbers.Repr(PythonNumbers.Round(Math.Clamp(pixels / size, 0, 1), Digits));
}
