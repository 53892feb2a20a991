using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Formats;
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
    private const int Runs = 3;
    private readonly CudaDevice _device;
    private readonly Llava _model;

    internal LargeModel(CudaDevice device, string configFile, int noiseElements)
    {
        _device = device;
        _model = Llava.Create(device, LlavaConfigFile.ReadHuggingFace(ConfigSection.Open(configFile)));
        using GpuNoise noise = new(device, noiseElements);
        noise.Fill(_model.Parameters.Values);
        device.Synchronize();
    }

    /// <summary>Gets the configuration.</summary>
    internal LlavaConfig Config => _model.Config;

    /// <summary>Counts the rows of a sample.</summary>
    internal int Rows(int tokens) => tokens + Config.RowsPerImage;

    /// <summary>Makes samples; each has other tokens.</summary>
    internal PackedBatch Batch(int samples, int tokens)
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

    /// <summary>Times an optimizer step of one micro-batch: upload, forward, backward, clipping to a norm of 1, AdamW.</summary>
    /// <returns>Median seconds.</returns>
    internal double Step(bool language, PackedBatch batch, int steps)
    {
        ModelPart[] parts = language ? [ModelPart.Projector, ModelPart.Language] : [ModelPart.Projector];
        _model.Parameters.Train(_device, parts);
        try
        {
            using Optimizer optimizer = new(_device, _model.Parameters, new OptimizerOptions { MaxGradientNorm = 1 });
            using ActivationPlan plan = new(_device, Config, parts);
            using Arena arena = new(_device, plan.Training(batch), "the activations of a step");
            using KernelTimer timer = new(_device);
            return timer.Median(steps, () =>
            {
                _model.ForwardBackward(batch, arena, 1f / batch.LabelledRows, accumulate: false);
                optimizer.MeasureGradients();
                optimizer.Step(1e-5f);
            });
        }
        finally
        {
            _model.Parameters.Train(_device);
        }
    }

    /// <summary>Times the reading of a prompt with a picture, and decoding behind it, the choice of each token included.</summary>
    /// <returns>Seconds of the prompt up to its logits, and of one token.</returns>
    internal (double Prefill, double Token) Generate(int tokens, int decoded)
    {
        // As much room as a conversation has: how the cache's rows are split over blocks depends on it.
        using TokenGenerator generator = new(_model, Math.Max(Config.Text.MaxPositions, Rows(tokens) + decoded));
        using KernelTimer timer = new(_device);
        float[] pixels = new float[3 * Config.Vision.ImageSize * Config.Vision.ImageSize];
        int[] prompt = Prompt(tokens, 0);
        double prefill = timer.Median(Runs, Read);
        TokenDraw greedy = new Sampler(new GenerationOptions()).Draw(0);
        double decode = timer.Median(Runs, Decode, before: Read);
        return (prefill, decode / decoded);

        void Read()
        {
            generator.Clear();
            generator.Read(prompt, (_, destination) => pixels.CopyTo(destination));
        }

        void Decode()
        {
            for (int i = 0; i < decoded; i++)
            {
                generator.Append(5);
                generator.Choose(greedy);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private int[] Prompt(int tokens, int sample)
    {
        // Past the special tokens that begin a vocabulary, and short of those that may end it.
        const int First = 3;
        CounterRandom random = new(0, $"tokens {sample}");
        int range = Config.Text.VocabularySize - First - (Config.Text.VocabularySize / 32);
        int[] text = [.. Enumerable.Range(0, tokens).Select(i => First + random.Below((ulong)i, range))];
        return [.. text[..PictureAt], PackedBatch.ImageToken, .. text[PictureAt..]];
    }
}
