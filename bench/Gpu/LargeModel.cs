using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Models;
using LlavaCuda.Optimizers;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu;

/// <summary>
/// A LLaVA of a real size with random weights, made on the device: a step of either stage at some micro-batch, the reading of a prompt, and decoding. A sample is a picture
/// and so many tokens, labelled behind the first third, as in the PyTorch peer.
/// </summary>
internal sealed class LargeModel : IDisposable
{
    private const int PictureAt = 4;
    private readonly CudaDevice _device;
    private readonly Llava _model;
    private readonly GpuTensors _noise;

    internal LargeModel(CudaDevice device, string configFile)
    {
        _device = device;
        _model = Llava.Create(device, LlavaConfigFile.ReadHuggingFace(ConfigSection.Open(configFile)));
        _noise = new GpuTensors(device);
        _noise.FillWithNoise(_model.Parameters.Values);
    }

    /// <summary>Gets the configuration.</summary>
    internal LlavaConfig Config => _model.Config;

    /// <summary>Counts the rows of a sample.</summary>
    internal int Rows(int tokens) => tokens + _model.Config.RowsPerImage;

    /// <summary>Times an optimizer step of one micro-batch: upload, forward, backward, clipping to a norm of 1, AdamW.</summary>
    /// <returns>Median seconds.</returns>
    internal double Step(bool language, int samples, int tokens, int steps)
    {
        ModelPart[] parts = language ? [ModelPart.Projector, ModelPart.Language] : [ModelPart.Projector];
        _model.Parameters.Train(_device, parts);
        try
        {
            return MedianStep(parts, samples, tokens, steps);
        }
        finally
        {
            _model.Parameters.Train(_device);
        }
    }

    private double MedianStep(ModelPart[] parts, int samples, int tokens, int steps)
    {
        using Optimizer optimizer = new(_device, _model.Parameters, new OptimizerOptions { MaxGradientNorm = 1 });
        using ActivationPlan plan = new(_device, Config, parts);
        PackedBatch batch = Batch(samples, tokens);
        using Arena arena = new(_device, plan.Training(batch), "the activations of a step");
        using KernelTimer timer = new(_device);
        return timer.Median(steps, () =>
        {
            _model.ForwardBackward(batch, arena, 1f / batch.LabelledRows, accumulate: false);
            optimizer.MeasureGradients();
            optimizer.Step(1e-5f);
        });
    }

    /// <summary>Times the reading of a prompt with a picture, and decoding behind it, the choice of each token included.</summary>
    /// <returns>Seconds of the prompt up to its logits, and of one token.</returns>
    internal (double Prefill, double Token) Generate(int tokens, int decoded)
    {
        using TokenGenerator generator = new(_model, Rows(tokens) + decoded + 16);
        using KernelTimer timer = new(_device);
        float[] pixels = new float[3 * Config.Vision.ImageSize * Config.Vision.ImageSize];
        int[] prompt = Prompt(tokens, 0);
        double prefill = timer.Median(3, () =>
        {
            generator.Clear();
            generator.Read(prompt, (_, destination) => pixels.CopyTo(destination));
        });
        TokenDraw greedy = new Sampler(new GenerationOptions()).Draw(0);
        double decode = timer.Median(1, () =>
        {
            for (int i = 0; i < decoded / 2; i++)
            {
                generator.Append(5);
                generator.Choose(greedy);
            }
        });
        return (prefill, decode / (decoded / 2));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _noise.Dispose();
        _model.Dispose();
    }

    private PackedBatch Batch(int samples, int tokens)
    {
        PackedBatch batch = new(Config);
        for (int sample = 0; sample < samples; sample++)
        {
            int[] ids = Prompt(tokens, sample);
            int[] labels = [.. ids.Select((id, i) => i <= PictureAt + (tokens / 3) ? PackedBatch.Ignore : id)];
            batch.Add(ids, labels);
            batch.AddImage().Fill(0.1f);
        }

        return batch;
    }

    private int[] Prompt(int tokens, int sample)
    {
        CounterRandom random = new(0, $"tokens {sample}");
        int[] text = [.. Enumerable.Range(0, tokens).Select(i => 3 + random.Below((ulong)i, 31_000))];
        return [.. text[..PictureAt], PackedBatch.ImageToken, .. text[PictureAt..]];
    }
}
