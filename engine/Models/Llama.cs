using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>The LLaMA decoder from token ids and image rows to losses or logits, and back.</summary>
internal sealed class Llama : IDisposable
{
    private const int AnglesAtOnce = 1024;
    private readonly Device _device;
    private readonly TextConfig _config;
    private readonly LlamaLayer[] _layers;
    private readonly LanguageHead _head;
    private readonly Parameter _embedding;
    private readonly DeviceMemory _angles;

    /// <summary>Initializes a new instance of the <see cref="Llama"/> class.</summary>
    /// <param name="device">Where it computes.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="table">Its weights.</param>
    /// <param name="context">The most rows of a sequence: so long are the tables of rotary angles; null for all positions of the
    /// model.</param>
    internal Llama(Device device, TextConfig config, ParameterTable table, int? context)
    {
        _device = device;
        _config = config;
        _layers = new LlamaLayer[config.Layers];
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i] = new LlamaLayer(device, config, table, i);
        }

        _head = new LanguageHead(device, config, table);
        _embedding = table["language.embed_tokens.weight"];
        int positions = Math.Min(config.MaxPositions, context ?? config.MaxPositions);
        long count = (long)positions * (config.HeadSize / 2);
        _angles = device.Allocate(2 * count * DType.F32.Size(), "the rotary angles");
        Shape shape = new(positions, config.HeadSize / 2);
        Cos = new Tensor(_angles.Address, DType.F32, shape);
        Sin = new Tensor(_angles.Address + (nint)(count * DType.F32.Size()), DType.F32, shape);
        FillAngles();
    }

    /// <summary>Gets the cosines of the rotary angles.</summary>
    internal Tensor Cos { get; }

    /// <summary>Gets the sines of the rotary angles.</summary>
    internal Tensor Sin { get; }

    /// <inheritdoc/>
    public void Dispose() => _angles.Dispose();

    // A few rows at a time: a model may claim millions of positions. A device that only measures reads none of them.
    private void FillAngles()
    {
        double[] frequencies = _config.RotaryFrequencies();
        int half = frequencies.Length;
        long positions = _device is PlanningDevice ? 0 : Cos.Rows;
        float[] cos = new float[AnglesAtOnce * half], sin = new float[AnglesAtOnce * half];
        for (int first = 0; first < positions; first += AnglesAtOnce)
        {
            int rows = (int)Math.Min(AnglesAtOnce, positions - first);
            Span<float> c = cos.AsSpan(0, rows * half), s = sin.AsSpan(0, rows * half);
            Rope.FillTable(c, s, frequencies, first);
            _device.CopyFromHost<float>(Cos.Slice(first, rows), c);
            _device.CopyFromHost<float>(Sin.Slice(first, rows), s);
        }
    }

    /// <summary>Runs all layers.</summary>
    /// <returns>The residual stream and the last branch, still to be added, both on the arena.</returns>
    internal (Tensor X, Tensor Delta) Forward(Arena arena, Tensor source, Tensor images, in Sequences sequences, PassMode mode)
    {
        Tensor delta = arena.Push(_device.ComputeType, source.Rows, _config.HiddenSize);
        Tensor x = arena.Push(_device.ComputeType, source.Rows, _config.HiddenSize);
        Embedding.Forward(_device, x, _embedding.Value, images, source);
        for (int i = 0; i < _layers.Length; i++)
        {
            x = _layers[i].Forward(arena, x, i == 0 ? default : delta, delta, sequences, mode);
        }

        return (x, delta);
    }

    /// <summary>Runs layer by layer up to the first whose output is NaN or infinite.</summary>
    /// <returns>Its name, or null.</returns>
    internal string? FirstNonFinite(Arena arena, Tensor source, Tensor images, in Sequences sequences)
    {
        Tensor delta = arena.Push(_device.ComputeType, source.Rows, _config.HiddenSize);
        Tensor x = arena.Push(_device.ComputeType, source.Rows, _config.HiddenSize);
        Embedding.Forward(_device, x, _embedding.Value, images, source);
        if (Llava.IndexOfNonFinite(_device, x) >= 0)
        {
            return "embed_tokens";
        }

        for (int i = 0; i < _layers.Length; i++)
        {
            x = _layers[i].Forward(arena, x, i == 0 ? default : delta, delta, sequences, PassMode.Inference);
            if (Llava.IndexOfNonFinite(_device, x) >= 0 || Llava.IndexOfNonFinite(_device, delta) >= 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"layers.{i}");
            }
        }

        return null;
    }

    /// <summary>Computes the logits of chosen rows, or of all when none are given.</summary>
    internal void Logits(Arena arena, Tensor logits, (Tensor X, Tensor Delta) output, Tensor rows) => _head.Logits(arena, logits, output.X, output.Delta, rows);

    /// <summary>Computes losses of labelled rows only.</summary>
    internal void Loss(Arena arena, (Tensor X, Tensor Delta) output, in DeviceBatch batch) =>
        _head.Loss(arena, default, batch.Losses, output.X, output.Delta, batch.LabelledRows, batch.Labels, scale: 0, accumulate: false);

    /// <summary>Computes losses and all gradients of the language model.</summary>
    /// <returns>The gradient of the embedded rows, on the arena.</returns>
    internal Tensor LossBackward(Arena arena, (Tensor X, Tensor Delta) output, in DeviceBatch batch, float scale, bool accumulate)
    {
        Tensor dres = arena.Push(output.X.Type, output.X.Rows, output.X.Width);
        _head.Loss(arena, dres, batch.Losses, output.X, output.Delta, batch.LabelledRows, batch.Labels, scale, accumulate);
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            _layers[i].Backward(arena, dres, batch.Sequences, accumulate);
        }

        if (_embedding.Trainable)
        {
            Embedding.Backward(_device, _embedding.Gradient, dres, batch.TokenIds, batch.TokenStarts, batch.TokenRows, accumulate);
        }

        return dres;
    }
}
