using System.Text.Json.Nodes;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Text;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Training;

public sealed class TrainingRunTests : IDisposable
{
    private readonly TrainingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_Finetune_LearnsEightSamplesAndLeavesTheTowerAlone()
    {
        _folder.Data.WriteSamples(8);
        TrainingFolder.Recorder output = new();
        TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { Batch = 4, Epochs = 40, Beta2 = 0.95, SaveEvery = 0 };
        TrainingResult result = TrainingFolder.Run(options, output);
        Assert.True(result.LastLoss < 0.02, $"loss {result.LastLoss}");
        Assert.Equal([false, true, true], result.Changes.Select(c => c.Trained));
        Assert.Equal(0, result.Changes[0].Largest);
        Assert.All(result.Changes.Skip(1), c => Assert.True(c.Largest > 1e-3));
        Assert.Equal(0, output.Steps[0].LearningRate);
        Assert.Equal(1e-3, output.Steps[1].LearningRate, 1e-12);

        using CpuDevice device = new(2);
        using ParameterTable saved = Load(ModelFolder.Open(options.Out), device);
        using ParameterTable started = Load(ModelFolder.Open(options.Model), device);
        Assert.Equal(Values(device, started["vision.embeddings.patch_embedding.weight"]), Values(device, saved["vision.embeddings.patch_embedding.weight"]));
        Assert.True(File.Exists(Path.Combine(options.Out, "loss.png")));
        Assert.Equal(40, File.ReadAllLines(Path.Combine(options.Out, "metrics.jsonl")).Length);
        JsonNode training = JsonNode.Parse(File.ReadAllText(Path.Combine(options.Out, "training.json")))!;
        Assert.Equal("Finetune", training["run"]!["stage"]!.GetValue<string>());
        Assert.Equal("mistral_instruct", ModelManifest.TryRead(options.Out)!.Template);
    }

    [Fact]
    public void Run_Pretrain_LearnsWithTheProjectorAlone()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain) with { Batch = 4, Epochs = 60, LearningRate = 2e-2, SaveEvery = 0 };
        TrainingFolder.Recorder output = new();
        TrainingResult result = TrainingFolder.Run(options, output);
        Assert.True(result.LastLoss < output.Steps[0].Loss / 3, $"loss {output.Steps[0].Loss} to {result.LastLoss}");
        Assert.Equal([0, 0], result.Changes.Where(c => !c.Trained).Select(c => c.Largest));
        Assert.True(File.Exists(Path.Combine(options.Out, "mm_projector.safetensors")));
    }

    [Fact]
    public void Run_BothStagesFromVicunaAndClip_HandTheProjectorOn()
    {
        _folder.Data.WriteSamples(4);
        TrainingOptions first = FromBase(TrainingStage.Pretrain, "stage1"), second = FromBase(TrainingStage.Finetune, "stage2") with { ProjectorWeights = first.Out };
        TrainingFolder.Run(first);
        TrainingFolder.Recorder output = new();
        TrainingFolder.Run(second, output);
        using CpuDevice device = new(2);
        using ParameterTable model = Load(ModelFolder.Open(second.Out), device);
        Assert.True(model.Count(ModelPart.Projector) > 0);

        // What stage 1 learned shows: the second stage begins lower than it would from the first stage's start.
        TrainingFolder.Recorder without = new();
        TrainingFolder.Run(second with { ProjectorWeights = null, Out = _folder.Data.At("other") }, without);
        Assert.NotEqual(output.Steps[0].Loss, without.Steps[0].Loss);
    }

    [Fact]
    public void Run_LinearProjector_IsSavedInTheOriginalLayout()
    {
        _folder.Data.WriteSamples(4);
        TrainingOptions options = FromBase(TrainingStage.Finetune, "out") with { Projector = ProjectorConfig.Parse("linear") };
        TrainingFolder.Run(options);
        Assert.Equal(CheckpointLayout.Original, ModelFolder.Open(options.Out).Layout);
    }

    [Fact]
    public void Run_ProjectorOfAnotherKindThanTheOneThatIsRead_IsRefused()
    {
        _folder.Data.WriteSamples(4);
        TrainingOptions first = FromBase(TrainingStage.Pretrain, "stage1");
        TrainingFolder.Run(first);
        TrainingOptions second = FromBase(TrainingStage.Finetune, "out") with { ProjectorWeights = first.Out, DryRun = true };
        OneLine.Throws<ArgumentException>(() => TrainingFolder.Run(second with { Projector = ProjectorConfig.Parse("linear") }), "--projector is linear", first.Out, "mlp2x_gelu");
        OneLine.Throws<ArgumentException>(
            () => TrainingFolder.Run(_folder.Options(TrainingStage.Finetune) with { Projector = ProjectorConfig.Parse("linear"), DryRun = true }), "--projector is linear", "mlp2x_gelu");
        TrainingFolder.Run(second with { Projector = ProjectorConfig.Mlp2 });
    }

    [Fact]
    public void Run_WeightBeyondHalfPrecision_IsRefusedBeforeTheFirstStep()
    {
        _folder.Data.WriteSamples(4);
        TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { SaveType = DType.F16, DryRun = true };
        TrainingFolder.Run(options);
        using CpuDevice device = new(2);
        ModelFolder folder = ModelFolder.Open(options.Model);
        using ParameterTable table = Load(folder, device);
        float[] norm = Values(device, table["language.norm.weight"]);
        norm[1] = 70000;
        device.WriteFloats(table["language.norm.weight"].Value, norm);
        HuggingFaceFolder.Save(_folder.Data.At("large"), table, device, folder.Config, new SaveOptions { Type = DType.F32, Tokenizer = LlavaTokenizer.Load(options.Model), Images = folder.ReadImageOptions() });
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(options with { Model = _folder.Data.At("large") }), "language.norm.weight", "70000", "F16");
        TrainingFolder.Run(options with { Model = _folder.Data.At("large"), SaveType = DType.BF16 });
    }

    [Fact]
    public void Run_TiedHead_SaysThatItIsUntied()
    {
        _folder.Data.WriteSamples(4);
        string model = Directory.CreateDirectory(_folder.Data.At("tied")).FullName;
        foreach (string file in Directory.EnumerateFiles(_folder.Options(TrainingStage.Finetune).Model))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }

        string config = Path.Combine(model, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true", StringComparison.Ordinal));
        TrainingFolder.Recorder frozen = new(), trained = new();
        TrainingFolder.Run(_folder.Options(TrainingStage.Pretrain) with { Model = model, DryRun = true }, frozen);
        TrainingFolder.Run(_folder.Options(TrainingStage.Finetune) with { Model = model, DryRun = true }, trained);
        Assert.DoesNotContain(frozen.Lines, static line => line.Contains("tie_word_embeddings", StringComparison.Ordinal));
        Assert.Contains(trained.Lines, static line => line.Contains("tie_word_embeddings", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_DryRun_ChecksAllAndWritesNothing()
    {
        _folder.Data.WriteSamples(4);
        TrainingFolder.Recorder output = new();
        TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { DryRun = true };
        TrainingFolder.Run(options, output);
        Assert.Empty(output.Steps);
        Assert.False(Path.Exists(options.Out));
        Assert.Contains(output.Lines, line => line.Contains("4 samples", StringComparison.Ordinal));
        Assert.Contains(output.Lines, line => line.Contains("weights, trained", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_LossNoNumber_StopsNamesSamplesAndKeepsTheCheckpoint()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { LearningRate = 1e30, SaveEvery = 1 };
        OneLine.Throws<NotFiniteNumberException>(() => TrainingFolder.Run(options), "step 3", "is the first bad tensor", "data.json sample", "id 's");
        Assert.All(TrainingFolder.LastWeights(options).Values, values => Assert.All(values, value => Assert.True(float.IsFinite(value))));
    }

    [Fact]
    public void Run_LossNoNumber_SavesTheStepsBeforeIt()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { LearningRate = 1e30, SaveEvery = 100 };
        OneLine.Throws<NotFiniteNumberException>(() => TrainingFolder.Run(options), "step 3");
        Assert.Equal([2L], new CheckpointStore(options.Out, 1).Steps());

        TrainingOptions without = options with { Out = _folder.Data.At("without"), SaveEvery = 0 };
        OneLine.Throws<NotFiniteNumberException>(() => TrainingFolder.Run(without), "step 3");
        Assert.Empty(new CheckpointStore(without.Out, 1).Steps());
    }

    [Fact]
    public void Run_BrokenPicture_SavesTheStepsBeforeIt()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { SaveEvery = 100, Workers = 1 };
        int last = new LlavaCuda.Trainer.Data.SampleOrder(8, 4, options.Seed).Step(1)[3];
        BadImageTests.CutShort(_folder, last);
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(options), $"sample {last}", $"{last}.png");
        Assert.Equal([1L], new CheckpointStore(options.Out, 1).Steps());

        _folder.Data.WritePicture($"{last}.png", last);
        Assert.Equal(8, TrainingFolder.Run(options).Steps);
    }

    private static ParameterTable Load(ModelFolder folder, Device device)
    {
        ParameterTable table = LlavaParameters.Build(folder.Config);
        table.Allocate(device, device.ComputeType);
        folder.Load(table, device);
        return table;
    }

    private static float[] Values(Device device, Parameter parameter)
    {
        float[] values = new float[parameter.Shape.Count];
        device.ReadFloats(values, parameter.Value);
        return values;
    }

    private TrainingOptions FromBase(TrainingStage stage, string output) => _folder.Options(stage, output) with
    {
        Model = ReferenceFiles.At("layouts", "vicuna"),
        Vision = ReferenceFiles.At("layouts", "clip"),
        Epochs = 3,
    };
}
