using System.Diagnostics;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Formats;
using LlavaCuda.Generation;
using LlavaCuda.Models;
using LlavaCuda.Optimizers;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Summary;

/// <summary>
/// The configuration <c>peers/small.json</c> with random weights, and its four workloads. A sample is a picture and 128 tokens, labelled from token 46 on, as in the peer.
/// </summary>
internal sealed class SmallModel : IDisposable
{
    /// <summary>Samples of a training step.</summary>
    internal const int Samples = 4;

    /// <summary>Tokens of a sample, the picture not counted; also of the prompt before decoding.</summary>
    internal const int Tokens = 128;

    /// <summary>Tokens that are decoded.</summary>
    internal const int Decoded = 64;

    private const int PictureAt = 4;
    private const int FirstLabel = 4 + (Tokens / 3);
    private const float LearningRate = 1e-4f;
    private static readonly TokenDraw Greedy = new Sampler(new GenerationOptions()).Draw(0);
    private readonly CpuDevice _device = new();
    private readonly Llava _model;
    private readonly PackedBatch _batch;
    private readonly TokenGenerator _generator;
    private readonly int[][] _prompts;
    private readonly float[][] _pictures;
    private Optimizer? _optimizer;
    private Arena? _arena;
    private bool _trainsLanguage;

    internal SmallModel(string configFile)
    {
        _model = Llava.Create(_device, LlavaConfigFile.ReadHuggingFace(ConfigSection.Open(configFile)));
        foreach (Parameter parameter in _model.Parameters.All)
        {
            _device.WriteFloats(parameter.Value, Noise(parameter.Name, parameter.Shape.Count, 0.02f));
        }

        VisionConfig vision = _model.Config.Vision;
        _pictures = [.. Enumerable.Range(0, Samples).Select(i => Noise($"picture {i}", 3L * vision.ImageSize * vision.ImageSize, 1))];
        _prompts = [.. Enumerable.Range(0, Samples).Select(Prompt)];
        _batch = new PackedBatch(_model.Config);
        _generator = new TokenGenerator(_model, Rows + Decoded);
    }

    /// <summary>Gets the rows of a sample, the picture's included.</summary>
    internal int Rows => Tokens + _model.Config.RowsPerImage;

    /// <summary>Gets the configuration.</summary>
    internal LlavaConfig Config => _model.Config;

    /// <summary>Gets the labelled rows of a training step.</summary>
    internal static int LabelledRows => Samples * (Tokens - FirstLabel);

    /// <summary>Gets the device's description of itself.</summary>
    internal string Device => _device.Description;

    /// <inheritdoc/>
    public void Dispose()
    {
        _generator.Dispose();
        _arena?.Dispose();
        _optimizer?.Dispose();
        _model.Dispose();
        _device.Dispose();
    }

    /// <summary>Times a step of stage 1 (the projector) or 2 (projector and language model): batch, forward, backward, clipping to a norm of 1, AdamW.</summary>
    /// <returns>Seconds.</returns>
    internal double Step(bool language)
    {
        PrepareStage(language);
        long start = Stopwatch.GetTimestamp();
        FillBatch();
        _model.ForwardBackward(_batch, _arena!, 1f / _batch.LabelledRows, accumulate: false);
        _optimizer!.MeasureGradients();
        _optimizer.Step(LearningRate);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Times the reading of one sample with its picture, to the choice of the next token.</summary>
    /// <returns>Seconds.</returns>
    internal double Prefill()
    {
        _generator.Clear();
        long start = Stopwatch.GetTimestamp();
        _generator.Read(_prompts[0], (picture, pixels) => _pictures[picture].CopyTo(pixels));
        _generator.Choose(Greedy);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Times the decoding of <see cref="Decoded"/> tokens, one at a time, behind a prompt of <see cref="Tokens"/> without picture.</summary>
    /// <returns>Seconds, the prompt's not counted.</returns>
    internal double Decode()
    {
        _generator.Clear();
        _generator.Read([.. _prompts[0].Where(static id => id >= 0)], static (_, _) => throw new InvalidOperationException("The prompt has no picture."));
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Decoded; i++)
        {
            _generator.Append(5);
            _generator.Choose(Greedy);
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static float[] Noise(string stream, long count, float deviation)
    {
        CounterRandom random = new(0, stream);
        float[] values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(deviation * random.Normal((ulong)i));
        }

        return values;
    }

    private int[] Prompt(int sample)
    {
        CounterRandom random = new(0, $"tokens {sample}");
        int[] text = [.. Enumerable.Range(0, Tokens).Select(i => 3 + random.Below((ulong)i, Config.Text.VocabularySize - 4))];
        return [.. text[..PictureAt], PackedBatch.ImageToken, .. text[PictureAt..]];
    }

    private void PrepareStage(bool language)
    {
        if (_optimizer is not null && language == _trainsLanguage)
        {
            return;
        }

        _trainsLanguage = language;
        ModelPart[] parts = language ? [ModelPart.Projector, ModelPart.Language] : [ModelPart.Projector];
        _optimizer?.Dispose();
        _model.Parameters.Train(_device, parts);
        _optimizer = new Optimizer(_device, _model.Parameters, new OptimizerOptions { WeightDecay = 0.01f, MaxGradientNorm = 1 });
        _arena?.Dispose();
        using ActivationPlan plan = new(_device, _model.Config, parts);
        FillBatch();
        _arena = new Arena(_device, plan.Training(_batch), "The activations of a step");
    }

    private void FillBatch()
    {
        Span<int> labels = stackalloc int[Tokens + 1];
        _batch.Clear();
        for (int i = 0; i < Samples; i++)
        {
            _prompts[i].CopyTo(labels);
            labels[..(FirstLabel + 1)].Fill(PackedBatch.Ignore);
            _batch.Add(_prompts[i], labels);
            _pictures[i].CopyTo(_batch.AddImage());
        }
    }
}
