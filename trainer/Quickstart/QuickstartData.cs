using System.Globalization;
using System.Text.Json;
using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>Writes the quickstart's data set as a user would have one: picture files, and conversations in LLaVA's JSON.</summary>
internal static class QuickstartData
{
    /// <summary>File of stage 1: one caption a picture.</summary>
    internal const string CaptionFile = "captions.json";

    /// <summary>File of stage 2: conversations of several turns, some without a picture.</summary>
    internal const string InstructionFile = "instructions.json";

    /// <summary>Folder of the pictures.</summary>
    internal const string ImageFolder = "images";

    private const int MostQuestions = 5;
    private const double TextOnlyShare = 0.02;

    private static readonly string[] BriefInstructions =
    [
        "Describe the image briefly.", "Give a short description of the picture.", "What does the picture show?", "Summarize the image in one sentence.", "Write a short caption for the image.",
    ];

    /// <summary>Writes everything.</summary>
    /// <param name="folder">Where; its files are replaced.</param>
    /// <param name="pictures">How many pictures.</param>
    /// <param name="seed">Chooses them.</param>
    /// <param name="cancellation">Stops between pictures.</param>
    internal static void Write(string folder, int pictures, int seed, CancellationToken cancellation)
    {
        string images = Path.Combine(folder, ImageFolder);
        Directory.CreateDirectory(images);
        Random random = new(seed);
        using FileStream captionStream = File.Create(Path.Combine(folder, CaptionFile));
        using FileStream instructionStream = File.Create(Path.Combine(folder, InstructionFile));
        JsonWriterOptions pretty = new() { Indented = true };
        using Utf8JsonWriter captions = new(captionStream, pretty);
        using Utf8JsonWriter instructions = new(instructionStream, pretty);
        captions.WriteStartArray();
        instructions.WriteStartArray();
        for (int i = 0; i < pictures; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            double kind = random.NextDouble();
            Scene scene = Scene.Draw(random, kind switch { < 0.25 => SceneKind.Single, < 0.4 => SceneKind.Alike, _ => SceneKind.Mixed }, heldOut: false);
            string id = i.ToString("D6", CultureInfo.InvariantCulture);

            // Both formats, because users have both; JPEG at a quality that keeps small pictures recognisable.
            string file = i % 2 == 0 ? $"{id}.png" : $"{id}.jpg";
            ImageFile.Write(Path.Combine(images, file), SceneRenderer.Draw(random, scene), quality: 95);
            WriteSample(captions, id, file, [(Place(random, BriefInstructions[random.Next(BriefInstructions.Length)]), SceneWords.Caption(scene))]);

            List<SceneQuestion> talk = SceneTalk.About(random, scene, MostQuestions);
            WriteSample(instructions, id, file, [.. talk.Select((q, turn) => (turn == 0 ? Place(random, q.Text) : q.Text, q.Answer))]);
            if (random.NextDouble() < TextOnlyShare)
            {
                Scene told = Scene.Draw(random, SceneKind.Single, heldOut: false);
                List<SceneQuestion> about = SceneTalk.About(random, told, 2);
                WriteSample(instructions, $"text-{id}", null, [.. about.Select((q, turn) => (turn == 0 ? $"{SceneWords.Caption(told)}\n{q.Text}" : q.Text, q.Answer))]);
            }
        }

        captions.WriteEndArray();
        instructions.WriteEndArray();
        DeleteBeyond(images, pictures);
    }

    // An earlier quickstart in the same folder may have had more pictures.
    private static void DeleteBeyond(string images, int pictures)
    {
        foreach (string path in Directory.EnumerateFiles(images).ToList())
        {
            string name = Path.GetFileNameWithoutExtension(path);
            if (name.Length == 6 && Path.GetExtension(path) is ".png" or ".jpg" && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= pictures)
            {
                File.Delete(path);
            }
        }
    }

    // As the paper does: the picture comes before or after the first question, at random.
    private static string Place(Random random, string question) => random.Next(2) == 0 ? $"<image>\n{question}" : $"{question}\n<image>";

    private static void WriteSample(Utf8JsonWriter writer, string id, string? image, (string Human, string Gpt)[] turns)
    {
        writer.WriteStartObject();
        writer.WriteString("id", id);
        if (image is not null)
        {
            writer.WriteString("image", image);
        }

        writer.WriteStartArray("conversations");
        foreach ((string human, string gpt) in turns)
        {
            WriteTurn("human", human);
            WriteTurn("gpt", gpt);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();

        void WriteTurn(string from, string value)
        {
            writer.WriteStartObject();
            writer.WriteString("from", from);
            writer.WriteString("value", value);
            writer.WriteEndObject();
        }
    }
}
