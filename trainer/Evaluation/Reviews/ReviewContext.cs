using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.Reviews;

/// <summary>The texts that stand for images: a judge without eyes reads them.</summary>
internal static class ReviewContext
{
    /// <summary>Reads a file of contexts.</summary>
    /// <param name="path">JSON Lines with <c>image</c> and, for COCO, <c>captions</c> and <c>instances</c>, else <c>caption</c>.</param>
    /// <param name="benchmark">Which of them.</param>
    /// <returns>The context of each image.</returns>
    /// <exception cref="InvalidDataException">A row is wrong or an image comes twice; the message names file and line.</exception>
    internal static Dictionary<string, string> Read(string path, ReviewBenchmark benchmark)
    {
        Dictionary<string, string> contexts = new(StringComparer.Ordinal);
        foreach ((long line, ConfigSection row) in JsonLines.Read(path))
        {
            string image = row.OptionalText("image") ?? throw row.Wrong("image", "a file name");
            if (!contexts.TryAdd(image, benchmark == ReviewBenchmark.Coco ? $"{Captions(row)}\n\n{Boxes(row)}" : Caption(row)))
            {
                throw new InvalidDataException($"{path}: line {line}: image {Quoted.Name(image)} has a context above.");
            }
        }

        return contexts;
    }

    private static string Caption(ConfigSection row) => row.Kind("caption") == JsonValueKind.Array
        ? string.Join('\n', row.OptionalTexts("caption")!)
        : row.OptionalText("caption") ?? throw row.Wrong("caption", "a text or a list of texts");

    private static string Captions(ConfigSection row) =>
        string.Join('\n', row.OptionalTexts("captions") ?? throw row.Wrong("captions", "a list of texts"));

    // The original writes a list as Python does.
    private static string Boxes(ConfigSection row)
    {
        ConfigSection[] instances = row.OptionalSections("instances")
            ?? throw row.Wrong("instances", "a list of objects with category and bbox");
        return string.Join('\n', instances.Select(static instance =>
            $"{instance.OptionalText("category") ?? throw instance.Wrong("category", "a text")}: [{string.Join(", ", Numbers(instance))}]"));

        static IEnumerable<string> Numbers(ConfigSection instance) =>
            (instance.OptionalNumberTexts("bbox", 4) ?? throw instance.Wrong("bbox", "a list of 4 numbers"))
            .Select(static text =>
                text.AsSpan().ContainsAny(".eE")
                ? PythonNumbers.Repr(double.Parse(text, System.Globalization.CultureInfo.InvariantCulture)) : text);
    }
}
