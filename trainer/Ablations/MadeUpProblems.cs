using System.Globalization;
using System.Text.Json;
using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Ablations;

/// <summary>Made-up problems as training data and as questions.</summary>
internal static class MadeUpProblems
{
    /// <summary>Folder of the images.</summary>
    internal const string ImageFolder = "images";

    /// <summary>Gets the name of a file of training data.</summary>
    /// <param name="reasoningFirst">Whether the reasoning comes before the answer.</param>
    internal static string FileName(bool reasoningFirst) => reasoningFirst ? "reasoning_first.json" : "answer_first.json";

    /// <summary>Writes the same problems in both orders, in LLaVA's JSON.</summary>
    /// <param name="folder">Where; its files are replaced.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Chooses them.</param>
    internal static void Write(string folder, int count, int seed)
    {
        Directory.CreateDirectory(Path.Combine(folder, ImageFolder));
        List<MadeUpProblem> problems = Draw(seed, count, heldOut: false);
        for (int i = 0; i < count; i++)
        {
            if (problems[i].Image is { } image)
            {
                ImageFile.Write(Path.Combine(folder, ImageFolder, ImageName(i)), image);
            }
        }

        foreach (bool reasoningFirst in (ReadOnlySpan<bool>)[true, false])
        {
            using FileStream file = File.Create(Path.Combine(folder, FileName(reasoningFirst)));
            using Utf8JsonWriter json = new(file, new JsonWriterOptions { Indented = true });
            json.WriteStartArray();
            for (int i = 0; i < count; i++)
            {
                WriteSample(json, i, problems[i], reasoningFirst);
            }

            json.WriteEndArray();
        }
    }

    /// <summary>Draws problems.</summary>
    /// <param name="seed">Chooses them.</param>
    /// <param name="count">How many.</param>
    /// <param name="heldOut">Whether their scenes are those that are kept for the evaluation.</param>
    /// <returns>The problems.</returns>
    internal static List<MadeUpProblem> Draw(int seed, int count, bool heldOut)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => MadeUpProblem.Draw(random, heldOut))];
    }

    private static string ImageName(int problem) => string.Create(CultureInfo.InvariantCulture, $"{problem:D5}.png");

    private static void WriteSample(Utf8JsonWriter json, int number, MadeUpProblem problem, bool reasoningFirst)
    {
        json.WriteStartObject();
        json.WriteString("id", number.ToString(CultureInfo.InvariantCulture));
        string prompt = problem.Prompt();
        if (problem.Image is not null)
        {
            json.WriteString("image", ImageName(number));
            prompt += "\n<image>";
        }

        json.WriteStartArray("conversations");
        WriteTurn("human", prompt);
        WriteTurn("gpt", problem.TrainedAnswer(reasoningFirst));
        json.WriteEndArray();
        json.WriteEndObject();

        void WriteTurn(string from, string value)
        {
            json.WriteStartObject();
            json.WriteString("from", from);
            json.WriteString("value", value);
            json.WriteEndObject();
        }
    }
}
