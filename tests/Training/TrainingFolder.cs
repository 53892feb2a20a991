using System.Diagnostics;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Data;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Training;

/// <summary>A folder with made-up data, and runs of the tiny reference model in it.</summary>
internal sealed class TrainingFolder : IDisposable
{
    internal DataFolder Data { get; } = new();

    public void Dispose() => Data.Dispose();

    /// <summary>Options of a short run: 8 samples, 2 x 2 of them a step.</summary>
    internal TrainingOptions Options(TrainingStage stage, string output = "out") =>
        new(stage, DataFolder.Model, [Data.At("data.json")], Data.At(output))
        {
            Images = Data.Images,
            Batch = 2,
            Accumulate = 2,
            Epochs = 4,
            LearningRate = 2e-3,
            SaveEvery = 2,
            SaveType = DType.F32,

            // The shortest of the chat templates: LLaVA-1.5's begins with forty words.
            Template = stage == TrainingStage.Pretrain ? "plain" : "mistral_instruct",
        };

    internal static TrainingResult Run(TrainingOptions options, Recorder? output = null, int threads = 2, CancellationToken cancellation = default)
    {
        using CpuDevice device = new(threads);
        return new TrainingRun(options, device, output ?? new Recorder()).Run(cancellation);
    }

    /// <summary>Runs until so many steps are done, then asks it to stop.</summary>
    internal static TrainingResult RunUntil(TrainingOptions options, long step)
    {
        using CancellationTokenSource stop = new();
        return Run(options, new Recorder { OnStep = StopAt }, cancellation: stop.Token);

        void StopAt(long done)
        {
            if (done == step)
            {
                stop.Cancel();
            }
        }
    }

    /// <summary>Starts <c>llava train</c> as a process of its own.</summary>
    internal static Process Start(TrainingOptions o, params string[] more)
    {
        ProcessStartInfo start = new(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "llava.dll"), "train", "--stage", o.Stage.ToString(), "--model", o.Model, "--data", .. o.Data, "--images", o.Images!, "--out", o.Out,
            "--batch", $"{o.Batch}", "--accumulate", $"{o.Accumulate}", "--epochs", $"{o.Epochs}", "--lr", $"{o.LearningRate}", "--save-every", $"{o.SaveEvery}", "--dtype", $"{o.SaveType}", "--template", o.Template, "--device", "cpu", .. more,
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        return Process.Start(start)!;
    }

    /// <summary>Reads the trained weights that a run has left in its last checkpoint.</summary>
    internal static Dictionary<string, float[]> LastWeights(TrainingOptions options)
    {
        CheckpointStore store = new(options.Out, options.Keep);
        using WeightFile file = WeightFile.Open(Path.Combine(store.PathOf(store.Steps()[^1]), "weights.safetensors"));
        return file.Tensors.ToDictionary(t => t.Name, t => t.ToFloats());
    }

    /// <summary>Writes what shows and remembers it.</summary>
    internal sealed class Recorder : ITrainingOutput
    {
        internal List<string> Lines { get; } = [];

        internal List<StepResult> Steps { get; } = [];

        internal Action<long>? OnStep { get; init; }

        public void Write(string line) => Lines.Add(line);

        public void Warn(string line) => Lines.Add("warning: " + line);

        public void Begin(long done, long steps) => Lines.Add($"begin {done}/{steps}");

        public void Report(in TrainingProgress progress)
        {
            Steps.Add(progress.Result);
            OnStep?.Invoke(progress.Step);
        }
    }
}
