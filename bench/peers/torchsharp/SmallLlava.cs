using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Peer;

/// <summary>A LLaVA as one would write it with TorchSharp: fused query-key-value and gate-up projections, libtorch's own attention, random weights.</summary>
internal sealed class SmallLlava
{
    private readonly SmallConfig _config;
    private readonly Parameter _patch;
    private readonly Parameter _class;
    private readonly Parameter _positions;
    private readonly (Parameter Weight, Parameter Bias) _preNorm;
    private readonly VisionBlock[] _blocks;
    private readonly (Parameter Weight, Parameter Bias) _projector1;
    private readonly (Parameter Weight, Parameter Bias) _projector2;
    private readonly Parameter _embedding;
    private readonly TextLayer[] _layers;
    private readonly Parameter _norm;
    private readonly Parameter _head;
    private readonly Tensor _cos;
    private readonly Tensor _sin;

    internal SmallLlava(SmallConfig config)
    {
        _config = config;
        SmallConfig.Part text = config.Text;
        SmallConfig.Part vision = config.Vision;
        _patch = Weight(VisionWeights, vision.Width, config.PatchValues);
        _class = Weight(VisionWeights, vision.Width);
        _positions = Weight(VisionWeights, config.Patches + 1, vision.Width);
        _preNorm = (Weight(VisionWeights, vision.Width), Weight(VisionWeights, vision.Width));

        // The last block is behind the hidden state that is used.
        _blocks = [.. Enumerable.Range(0, vision.Layers - 1).Select(_ => new VisionBlock(
            Affine(1), Affine(1), Affine(3, vision.Width), Affine(1, vision.Width),
            (Weight(VisionWeights, vision.Inner, vision.Width), Weight(VisionWeights, vision.Inner)),
            (Weight(VisionWeights, vision.Width, vision.Inner), Weight(VisionWeights, vision.Width))))];
        _projector1 = (Weight(ProjectorWeights, text.Width, vision.Width), Weight(ProjectorWeights, text.Width));
        _projector2 = (Weight(ProjectorWeights, text.Width, text.Width), Weight(ProjectorWeights, text.Width));
        _embedding = Weight(LanguageWeights, config.Vocabulary, text.Width);
        _layers = [.. Enumerable.Range(0, text.Layers).Select(_ => new TextLayer(
            Weight(LanguageWeights, text.Width), Weight(LanguageWeights, 3 * text.Width, text.Width), Weight(LanguageWeights, text.Width, text.Width),
            Weight(LanguageWeights, text.Width), Weight(LanguageWeights, 2 * text.Inner, text.Width), Weight(LanguageWeights, text.Width, text.Inner)))];
        _norm = Weight(LanguageWeights, text.Width);
        _head = Weight(LanguageWeights, config.Vocabulary, text.Width);
        using DisposeScope scope = NewDisposeScope();
        Tensor frequencies = pow(config.RopeTheta, -arange(0, text.HeadSize, 2, dtype: ScalarType.Float32) / text.HeadSize);
        Tensor angles = outer(arange(0, config.MaxPositions, dtype: ScalarType.Float32), frequencies);
        Tensor both = cat([angles, angles], 1);
        _cos = both.cos().DetachFromDisposeScope();
        _sin = both.sin().DetachFromDisposeScope();

        (Parameter Weight, Parameter Bias) Affine(long times, long? inputs = null) => (
            inputs is long width ? Weight(VisionWeights, times * vision.Width, width) : Weight(VisionWeights, vision.Width),
            Weight(VisionWeights, times * vision.Width));
    }

    internal List<Parameter> VisionWeights { get; } = [];

    internal List<Parameter> ProjectorWeights { get; } = [];

    internal List<Parameter> LanguageWeights { get; } = [];

    internal int Layers => _layers.Length;

    /// <summary>Looks token ids [sequences, tokens] up.</summary>
    internal Tensor Embed(Tensor ids) => _embedding.index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], _config.Text.Width);

    /// <summary>Turns pictures [pictures, 3, edge, edge] into the tower's patch features.</summary>
    internal Tensor See(Tensor pixels)
    {
        long pictures = pixels.shape[0];
        SmallConfig.Part vision = _config.Vision;
        long grid = _config.Grid;
        long positions = _config.Patches + 1;
        Tensor x = pixels.view(pictures, 3, grid, _config.PatchSize, grid, _config.PatchSize).permute(0, 2, 4, 1, 3, 5).reshape(pictures, _config.Patches, _config.PatchValues);
        x = cat([_class.view(1, 1, vision.Width).expand(pictures, 1, vision.Width), F.linear(x, _patch)], 1) + _positions;
        x = Normalise(x, _preNorm);
        foreach (VisionBlock block in _blocks)
        {
            Tensor qkv = Map(Normalise(x, block.Norm1), block.Qkv).view(pictures, positions, 3, vision.Heads, vision.HeadSize).permute(2, 0, 3, 1, 4);
            Tensor attended = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]).transpose(1, 2).reshape(pictures, positions, vision.Width);
            x = x + Map(attended, block.Out);
            Tensor h = Map(Normalise(x, block.Norm2), block.Up);
            x = x + Map(h * sigmoid(1.702 * h), block.Down);
        }

        return x[TensorIndex.Colon, TensorIndex.Slice(1)];
    }

    internal Tensor Project(Tensor features) => Map(F.gelu(Map(features, _projector1)), _projector2);

    /// <summary>Runs the decoder on embedded rows [sequences, rows, width] behind <paramref name="past"/> rows of the cache; the result is normed.</summary>
    internal Tensor Decode(Tensor x, (Tensor Keys, Tensor Values)[]? cache, int past)
    {
        long sequences = x.shape[0];
        long rows = x.shape[1];
        SmallConfig.Part text = _config.Text;
        for (int i = 0; i < _layers.Length; i++)
        {
            TextLayer layer = _layers[i];
            Tensor qkv = F.linear(Normalise(x, layer.Norm1), layer.Qkv).view(sequences, rows, 3, text.Heads, text.HeadSize).permute(2, 0, 3, 1, 4);
            Tensor queries = Rotate(qkv[0], past, rows);
            Tensor keys = Rotate(qkv[1], past, rows);
            Tensor values = qkv[2];
            if (cache is not null)
            {
                if (past > 0)
                {
                    (Tensor oldKeys, Tensor oldValues) = cache[i];
                    keys = cat([oldKeys, keys], 2);
                    values = cat([oldValues, values], 2);
                    oldKeys.Dispose();
                    oldValues.Dispose();
                }

                cache[i] = (keys.DetachFromDisposeScope(), values.DetachFromDisposeScope());
            }

            Tensor attended = F.scaled_dot_product_attention(queries, keys, values, is_casual: rows > 1).transpose(1, 2).reshape(sequences, rows, text.Width);
            x = x + F.linear(attended, layer.Out);
            Tensor[] gateUp = F.linear(Normalise(x, layer.Norm2), layer.GateUp).chunk(2, -1);
            x = x + F.linear(F.silu(gateUp[0]) * gateUp[1], layer.Down);
        }

        return Normalise(x, _norm);
    }

    internal Tensor Logits(Tensor rows) => F.linear(rows, _head);

    private static Parameter Weight(List<Parameter> part, params long[] shape)
    {
        Parameter weight = new(randn(shape) * 0.02f);
        part.Add(weight);
        return weight;
    }

    private static Tensor Map(Tensor x, (Parameter Weight, Parameter Bias) map) => F.linear(x, map.Weight, map.Bias);

    private Tensor Normalise(Tensor x, (Parameter Weight, Parameter Bias) norm) => F.layer_norm(x, [_config.Vision.Width], norm.Weight, norm.Bias, _config.LayerNormEpsilon);

    private Tensor Normalise(Tensor x, Parameter weight) => x * rsqrt(x.pow(2).mean([-1], true) + _config.RmsEpsilon) * weight;

    private Tensor Rotate(Tensor x, int position, long rows)
    {
        TensorIndex places = TensorIndex.Slice(position, position + rows);
        Tensor[] halves = x.chunk(2, -1);
        return (x * _cos[places]) + (cat([-halves[1], halves[0]], -1) * _sin[places]);
    }

    private sealed record VisionBlock(
        (Parameter Weight, Parameter Bias) Norm1,
        (Parameter Weight, Parameter Bias) Norm2,
        (Parameter Weight, Parameter Bias) Qkv,
        (Parameter Weight, Parameter Bias) Out,
        (Parameter Weight, Parameter Bias) Up,
        (Parameter Weight, Parameter Bias) Down);

    private sealed record TextLayer(Parameter Norm1, Parameter Qkv, Parameter Out, Parameter Norm2, Parameter GateUp, Parameter Down);
}
