using System.Buffers.Binary;
using System.Text;
using LlavaCuda.Checkpoints;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Text;
using LlavaCuda.Trainer.Metrics;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Formats;

/// <summary>
/// Every small JSON file, damaged in every way: it either loads or is refused in one line that begins with its path. <c>LLAVA_MUTANTS</c>
/// says how many of each kind are tried.
/// </summary>
[Trait("Category", "Reference")]
public sealed class JsonMutationTests : IDisposable
{
    private static readonly int Count = int.TryParse(Environment.GetEnvironmentVariable("LLAVA_MUTANTS"), out int count) ? count : 400;
    private readonly TemporaryFolder _folder = new();

    public JsonMutationTests() => _folder.CopyOf(ReferenceFiles.Shipped("model"), "model");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("config.json")]
    [InlineData("preprocessor_config.json")]
    [InlineData("tokenizer_config.json")]
    [InlineData("llava_manifest.json", """{"template": "v1", "image_aspect": "pad"}""")]
    [InlineData("added_tokens.json", """{"<y>": 600, "<pad>": 601, "<x>": 602}""")]
    [InlineData("special_tokens_map.json", """{"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>"}""")]
    [InlineData("processor_config.json", """{"image_processor": {"size": {"shortest_edge": 56}, "crop_size": 56, "image_mean": [0.5, 0.5, 0.5]}}""")]
    [InlineData("model.safetensors.index.json", """{"metadata": {}, "weight_map": {"a": "a.safetensors", "b": "b.safetensors"}}""")]
    [InlineData("state.json", """{"version": 1, "step": 40, "run": {"batch": "4", "lr": "0.001"}}""")]
    public void Read_Mutant_LoadsOrIsRefusedInOneLineWithItsPath(string name, string? text = null)
    {
        if (name == "model.safetensors.index.json")
        {
            File.Delete(_folder.At("model", "model.safetensors"));
            SafetensorsWriter.Write(_folder.At("model", "a.safetensors"), [TensorSource.FromArray("a", DType.F32, new float[] { 1 }, 1)]);
            SafetensorsWriter.Write(_folder.At("model", "b.safetensors"), [TensorSource.FromArray("b", DType.F32, new float[] { 1 }, 1)]);
        }
        else if (name == "processor_config.json")
        {
            File.Delete(_folder.At("model", "preprocessor_config.json"));
        }

        byte[] whole = text is null ? File.ReadAllBytes(_folder.At("model", name)) : Encoding.UTF8.GetBytes(text);
        JsonMutants mutants = new(seed: 19);
        _folder.Write($"model/{name}", whole);
        int refused = 0;
        for (int i = 0; i < Count; i++)
        {
            byte[] mutant = mutants.Next(whole);
            File.WriteAllBytes(_folder.At("model", name), mutant);
            refused += Refuses(() => Read(name), _folder.At("model"), mutant) ? 1 : 0;
        }

        Assert.InRange(refused, Count / 4, Count - 1);
    }

    [Fact]
    public void Open_MutantOfASafetensorsHeader_LoadsOrIsRefused()
    {
        byte[] header = Encoding.UTF8.GetBytes(
            """{"__metadata__":{"a":"b"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[8],"data_offsets":[8,16]}}""");
        JsonMutants mutants = new(seed: 20);
        int refused = 0;
        for (int i = 0; i < Count; i++)
        {
            byte[] mutant = mutants.Next(header), file = new byte[8 + mutant.Length + 16];
            BinaryPrimitives.WriteInt64LittleEndian(file, mutant.Length);
            mutant.CopyTo(file, 8);
            string path = _folder.Write("x.safetensors", file);
            refused += Refuses(() => SafetensorsFile.Open(path).Dispose(), path, mutant) ? 1 : 0;
        }

        Assert.InRange(refused, Count / 4, Count - 1);
    }

    [Fact]
    public void Read_MutantOfAMetricsLog_NeverThrows()
    {
        IEnumerable<string> rows = Enumerable.Range(1, 9).Select(static step => $"{{\"step\":{step},\"loss\":{step}.5}}\n");
        byte[] whole = Encoding.UTF8.GetBytes(string.Concat(rows));
        JsonMutants mutants = new(seed: 21);
        for (int i = 0; i < Count; i++)
        {
            string path = _folder.Write("metrics.jsonl", mutants.Next(whole));
            Assert.InRange(MetricsLog.Read(path, "loss").Count, 0, 30);
            new MetricsLog(path, resumedStep: 5, static _ => { }).Dispose();
            Assert.All(MetricsLog.Read(path, "loss"), static row => Assert.InRange(row.Step, long.MinValue, 5));
        }
    }

    private void Read(string name)
    {
        string model = _folder.At("model");
        switch (name)
        {
            case "config.json" or "preprocessor_config.json" or "processor_config.json":
                ModelFolder.Open(model).ReadImageOptions();
                break;
            case "tokenizer_config.json" or "added_tokens.json" or "special_tokens_map.json":
                LlavaTokenizer.Load(model).Encode("<s>a <image> b</s>");
                break;
            case ModelManifest.FileName:
                ModelManifest.TryRead(model);
                break;
            case "state.json":
                CheckpointState.Read(model, 40);
                break;
            default:
                WeightSet.TryOpen(model)!.Dispose();
                break;
        }
    }

    private static bool Refuses(Action read, string path, byte[] mutant)
    {
        Exception? error = Record.Exception(read);
        if (error is null)
        {
            return false;
        }

        string text = $"{error.GetType().Name}: {error.Message}\n{Encoding.Latin1.GetString(mutant)}";
        Assert.True(error is InvalidDataException or FileNotFoundException, text);
        Assert.True(error.Message.StartsWith(path, StringComparison.Ordinal), text);
        Assert.True(!error.Message.Any(char.IsControl) && error.Message.Length < 1000, text);
        return true;
    }
}
