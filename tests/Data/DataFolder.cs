using System.Text.Json;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Text;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Tests.Data;

/// <summary>Made-up training data in a folder: pictures of one colour and conversations about them.</summary>
internal sealed class DataFolder : IDisposable
{
    private static readonly string[] Colours = ["red", "green", "blue", "white", "black", "grey", "brown", "pink"];
    private readonly TemporaryFolder _folder = new();

    internal static string Model => ReferenceFiles.At("model");

    internal string Root => _folder.Root;

    internal string Images => _folder.At("images");

    public void Dispose() => _folder.Dispose();

    internal string At(params ReadOnlySpan<string> parts) => _folder.At(parts);

    internal string Write(string name, string contents) => _folder.Write(name, contents);

    /// <summary>Samples of one picture and one turn each; every <paramref name="textEvery"/>th has no picture.</summary>
    internal string WriteSamples(int count, string name = "data.json", int textEvery = int.MaxValue)
    {
        Directory.CreateDirectory(Images);
        List<object> samples = [];
        for (int i = 0; i < count; i++)
        {
            string answer = $"{Colours[i % Colours.Length]} {i / Colours.Length}";
            if (i % textEvery == textEvery - 1)
            {
                samples.Add(Sample($"s{i}", null, ("human", $"Say {answer}."), ("gpt", answer)));
                continue;
            }

            WritePicture($"{i}.png", i);
            samples.Add(Sample($"s{i}", $"{i}.png", ("human", "<image>\nWhat colour is it?"), ("gpt", answer)));
        }

        return Write(name, JsonSerializer.Serialize(samples));
    }

    internal string WriteSamples(params object[] samples) => Write("data.json", JsonSerializer.Serialize(samples));

    internal void WritePicture(string name, int seed)
    {
        RgbImage image = new(40, 28);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)((((seed * 37) + (i % 3 * 91)) % 256) ^ (i * seed / 64 % 32));
        }

        string path = Path.Combine(Images, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        ImageFile.Write(path, image);
    }

    internal static Dictionary<string, object> Sample(string id, string? image, params (string From, string Value)[] turns)
    {
        Dictionary<string, object> sample = new() { ["id"] = id, ["conversations"] = turns.Select(t => new { from = t.From, value = t.Value }) };
        if (image is not null)
        {
            sample["image"] = image;
        }

        return sample;
    }

    /// <summary>Reads data for a small model: a picture is 4 rows.</summary>
    internal TrainingData Read(
        string file, string template = "v1", int maxRows = 256, TooLongPolicy tooLong = TooLongPolicy.Error, ImageOrder order = ImageOrder.First, List<string>? report = null)
    {
        DataSettings settings = new(Config, LlavaTokenizer.Load(Model), ConversationTemplates.Parse(template), order, Images, maxRows, tooLong);
        return TrainingDataReader.Read(settings, [file], line => (report ?? []).Add(line), CancellationToken.None);
    }

    internal static LlavaConfig Config { get; } = new(
        new VisionConfig { HiddenSize = 8, IntermediateSize = 8, Layers = 2, Heads = 1, ImageSize = 28, PatchSize = 14 },
        new TextConfig { HiddenSize = 8, IntermediateSize = 8, Layers = 1, Heads = 1, KvHeads = 1, VocabularySize = 576, MaxPositions = 512 },
        ProjectorConfig.Mlp2);
}
