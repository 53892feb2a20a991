using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Training;

[Trait("Category", "Reference")]
public sealed class CheckpointDamageTests : IDisposable
{
    private readonly TrainingFolder _folder = new();
    private readonly TrainingOptions _options;

    public CheckpointDamageTests()
    {
        _folder.Data.WriteSamples(8);
        _options = _folder.Options(TrainingStage.Pretrain) with { Keep = 3 };
        TrainingFolder.RunUntil(_options, 6);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("weights.safetensors")]
    [InlineData("optimizer.safetensors")]
    [InlineData("state.json")]
    public void Run_FlippedBitAnywhere_NamesTheFileAndAnEarlierWholeCheckpoint(string name)
    {
        string path = Path.Combine(_options.Out, "checkpoint-6", name);
        byte[] whole = File.ReadAllBytes(path);
        Random random = new(7);
        for (int i = 0; i < 12; i++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, damaged);

            OneLine.Throws<InvalidDataException>(
                () => TrainingFolder.Run(_options with { DryRun = true }), "checkpoint-6 is damaged", name, "checkpoint-4 is whole", "--resume-from 4");
        }
    }

    [Theory]
    [InlineData("weights.safetensors")]
    [InlineData("optimizer.safetensors")]
    [InlineData("state.json")]
    public void Run_MissingOrCutFile_IsDamage(string name)
    {
        string path = Path.Combine(_options.Out, "checkpoint-6", name);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(_options), "checkpoint-6 is damaged", name, "--resume-from 4");
        File.Delete(path);
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(_options), "checkpoint-6 is damaged", name, "--resume-from 4");
    }

    [Theory]
    [InlineData("4")]
    [InlineData("checkpoint-4")]
    [InlineData("checkpoint-4/")]
    public void Run_ResumeFromAnEarlierCheckpoint_EndsOnTheSameBits(string name)
    {
        File.WriteAllText(Path.Combine(_options.Out, "checkpoint-6", "weights.safetensors"), "damaged");
        TrainingOptions whole = _options with { Out = _folder.Data.At("whole") };
        TrainingFolder.Run(whole);

        TrainingFolder.Recorder output = new();
        TrainingFolder.Run(_options with { ResumeFrom = name }, output);

        Assert.Equal(4, output.Steps.Count);
        Dictionary<string, float[]> expected = TrainingFolder.LastWeights(whole), actual = TrainingFolder.LastWeights(_options);
        Assert.All(expected, pair => Assert.Equal(pair.Value, actual[pair.Key]));
        Assert.Equal([4L, 6, 8], new CheckpointStore(_options.Out, 3).Steps());
    }

    [Theory]
    [InlineData("5")]
    [InlineData("checkpoint-40")]
    [InlineData("elsewhere/checkpoint-4")]
    [InlineData("newest")]
    public void Run_ResumeFromNoCheckpoint_ListsThem(string name) => OneLine.Throws<ArgumentException>(
        () => TrainingFolder.Run(_options with { ResumeFrom = name }), name, "checkpoint-2, checkpoint-4, checkpoint-6");

    [Fact]
    public void Run_AllDamaged_SaysSo()
    {
        foreach (string file in Directory.EnumerateFiles(_options.Out, "weights.safetensors", SearchOption.AllDirectories))
        {
            File.WriteAllText(file, "damaged");
        }

        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(_options), "no earlier checkpoint is whole", "--resume never");
    }

    [Fact]
    public void Run_StateOfAVersionWithoutChecksums_IsGoneOnFrom()
    {
        string path = Path.Combine(_options.Out, "checkpoint-6", "state.json");
        System.Text.Json.Nodes.JsonObject state = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        state["version"] = 1;
        state.Remove("checksums");
        state.Remove("checksum");
        File.WriteAllText(path, state.ToJsonString());

        TrainingFolder.Recorder output = new();
        TrainingFolder.Run(_options, output);

        Assert.Equal(2, output.Steps.Count);
    }

    [Fact]
    public void Run_DamagedLineOfMetrics_IsLeftOutWithAWarning()
    {
        string log = Path.Combine(_options.Out, "metrics.jsonl");
        string[] lines = File.ReadAllLines(log);
        lines[2] = "{\"step\": 3, \"loss\": ";
        File.WriteAllLines(log, lines);

        TrainingFolder.Recorder output = new();
        TrainingFolder.Run(_options, output);

        Assert.Equal(2, output.Steps.Count);
        Assert.Contains($"warning: {log}: line 3 is damaged and left out", output.Lines);
        Assert.Equal([1L, 2, 4, 5, 6, 7, 8], LlavaCuda.Trainer.Metrics.MetricsLog.Read(log, "loss").Select(static row => row.Step));
    }

    [Fact]
    public void Run_LeftoversOfKills_AreSwept()
    {
        string[] files =
        [
            ".probe-1", ".loss.writing.png", ".loss.writing.png.part", "metrics.jsonl.tmp", "bad_images.jsonl.tmp", ".llava-writing/config.json", ".checkpoint-7.writing/state.json",
            ".checkpoint-1.deleted/state.json",
        ];
        Array.ForEach(files, file => _folder.Data.Write($"out/{file}", "left"));
        File.WriteAllText(Path.Combine(_options.Out, "notes.tmp"), "mine");

        TrainingFolder.Run(_options);

        Assert.Empty(Directory.EnumerateFileSystemEntries(_options.Out, ".*"));
        Assert.False(File.Exists(Path.Combine(_options.Out, "metrics.jsonl.tmp")));
        Assert.False(File.Exists(Path.Combine(_options.Out, "bad_images.jsonl.tmp")));
        Assert.True(File.Exists(Path.Combine(_options.Out, "notes.tmp")));
    }
}
