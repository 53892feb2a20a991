using System.Diagnostics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Peer;

/// <summary>The four workloads on random data, each a median after warming up, in tokens (or rows) a second.</summary>
internal sealed class Workloads
{
    private const int Samples = 4;
    private const int Tokens = 128;
    private const int Decoded = 64;
    private const int PictureAt = 4;
    private const int FirstLabel = 4 + (Tokens / 3);
    private readonly SmallConfig _config;
    private readonly SmallLlava _model;
    private readonly Tensor _ids;
    private readonly Tensor _pixels;
    private readonly Tensor _labels;

    internal Workloads(SmallConfig config)
    {
        _config = config;
        _model = new SmallLlava(config);
        _ids = randint(3, config.Vocabulary - 1, [Samples, Tokens], ScalarType.Int64);
        _pixels = randn(Samples, 3, config.ImageSize, config.ImageSize);
        _labels = _ids.clone();
        _labels[TensorIndex.Colon, TensorIndex.Slice(0, FirstLabel)] = -100;
    }

    private long Rows => Tokens + _config.Patches;

    /// <summary>Steps of stage 1 (projector) or 2 (projector and language model), AdamW and clipping included.</summary>
    internal double Train(bool language)
    {
        _model.VisionWeights.ForEach(static weight => weight.requires_grad_(false));
        _model.ProjectorWeights.ForEach(static weight => weight.requires_grad_(true));
        _model.LanguageWeights.ForEach(weight => weight.requires_grad_(language));
        Parameter[] trained = language ? [.. _model.ProjectorWeights, .. _model.LanguageWeights] : [.. _model.ProjectorWeights];
        using AdamW optimizer = optim.AdamW(trained, 1e-4);
        double seconds = Median(3, () =>
        {
            optimizer.zero_grad();
            Tensor hidden = _model.Decode(Spliced(_ids, _pixels), null, 0);
            Tensor logits = _model.Logits(hidden[TensorIndex.Colon, TensorIndex.Slice(_config.Patches, Rows - 1)]);
            Tensor targets = _labels[TensorIndex.Colon, TensorIndex.Slice(1)].reshape(-1);
            F.cross_entropy(logits.reshape(-1, _config.Vocabulary), targets, ignore_index: -100).backward();
            nn.utils.clip_grad_norm_(trained, 1.0);
            optimizer.step();
        });
        return Samples * Rows / seconds;
    }

    /// <summary>One sample with its picture, to the choice of the next token.</summary>
    internal double Prefill()
    {
        using (no_grad())
        {
            return Rows / Median(5, () =>
            {
                Tensor hidden = _model.Decode(Spliced(_ids[TensorIndex.Slice(0, 1)], _pixels[TensorIndex.Slice(0, 1)]), null, 0);
                _model.Logits(hidden[TensorIndex.Colon, TensorIndex.Slice(-1)]).argmax(-1);
            });
        }
    }

    /// <summary>Tokens one at a time behind a prompt without picture.</summary>
    internal double Decode()
    {
        using (no_grad())
        {
            (Tensor Keys, Tensor Values)[] cache = new (Tensor, Tensor)[_model.Layers];
            using (NewDisposeScope())
            {
                _model.Decode(_model.Embed(_ids[TensorIndex.Slice(0, 1)]), cache, 0);
            }

            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Decoded; i++)
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor hidden = _model.Decode(_model.Embed(tensor([5L]).view(1, 1)), cache, Tokens + i);
                _model.Logits(hidden).argmax(-1);
            }

            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            foreach ((Tensor keys, Tensor values) in cache)
            {
                keys.Dispose();
                values.Dispose();
            }

            return Decoded / seconds;
        }
    }

    // The tower is frozen in both stages.
    private Tensor Spliced(Tensor ids, Tensor pixels)
    {
        Tensor features;
        using (no_grad())
        {
            features = _model.See(pixels);
        }

        Tensor text = _model.Embed(ids);
        return cat([text[TensorIndex.Colon, TensorIndex.Slice(0, PictureAt)], _model.Project(features), text[TensorIndex.Colon, TensorIndex.Slice(PictureAt)]], 1);
    }

    private static double Median(int times, Action action)
    {
        double[] seconds = new double[times];
        for (int i = -2; i < times; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using (NewDisposeScope())
            {
                action();
            }

            if (i >= 0)
            {
                seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }

        Array.Sort(seconds);
        return seconds[times / 2];
    }
}
