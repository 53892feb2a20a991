using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>
/// The whole model on a device: pictures through the vision tower and the projector, spliced among token embeddings, through the language model to losses or logits, and the same
/// way back. Memory comes from the caller's arena; the model itself holds weights and tables only.
/// </summary>
public sealed partial class Llava : IDisposable
{
    private readonly ClipVision _vision;
    private readonly Projector _projector;
    private readonly Llama _language;
    private float[] _losses = [];
    private int _lossCount;

    /// <summary>Initializes a new instance of the <see cref="Llava"/> class.</summary>
    /// <param name="device">Where it computes.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="parameters">Its weights, allocated on the device; owned and disposed by the model.</param>
    /// <param name="context">The most rows that a sequence will have; null for all positions of the model, whose tables may be large.</param>
    public Llava(Device device, LlavaConfig config, ParameterTable parameters, int? context = null)
    {
        Device = device;
        Config = config.Validate();
        Parameters = parameters;
        _vision = new ClipVision(device, config, parameters);
        _projector = new Projector(device, config, parameters);
        _language = new Llama(device, config.Text, parameters, context);
    }

    /// <summary>Gets the device.</summary>
    public Device Device { get; }

    /// <summary>Gets the configuration.</summary>
    public LlavaConfig Config { get; }

    /// <summary>Gets the weights.</summary>
    public ParameterTable Parameters { get; }

    /// <summary>Gets the language model.</summary>
    internal Llama Language => _language;

    /// <summary>Gets the losses of the labelled rows of the last pass, until the next.</summary>
    internal ReadOnlySpan<float> RowLosses => _losses.AsSpan(0, _lossCount);

    private bool TrainsVision => Parameters.IsTrained(ModelPart.Vision);

    /// <summary>Makes a model without weights' values.</summary>
    /// <param name="device">Where it computes.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="context">The most rows that a sequence will have; null for all positions of the model, whose tables may be large.</param>
    /// <returns>The model, all weights zero.</returns>
    public static Llava Create(Device device, LlavaConfig config, int? context = null)
    {
        ParameterTable parameters = LlavaParameters.Build(config.Validate());
        parameters.Allocate(device, device.ComputeType);
        return new Llava(device, config, parameters, context);
    }

    /// <summary>Computes losses and the gradients of all trained weights.</summary>
    /// <param name="batch">Samples with labels.</param>
    /// <param name="arena">For activations; as it was afterwards.</param>
    /// <param name="scale">Factor on the gradients: one over the labelled rows of the whole optimizer step.</param>
    /// <param name="accumulate">Whether to add to the gradients, as all but the first micro-batch of a step do.</param>
    /// <param name="sentAhead">Where the batch's pictures were sent ahead, or null.</param>
    /// <returns>The sum of the losses of the labelled rows.</returns>
    public double ForwardBackward(PackedBatch batch, Arena arena, float scale, bool accumulate, StagedCopy? sentAhead = null)
    {
        if (batch.LabelledRows == 0)
        {
            if (!accumulate)
            {
                Fill.Forward(Device, Parameters.Gradients, 0);
            }

            return 0;
        }

        using ArenaFrame frame = arena.Open();
        DeviceBatch b = batch.Upload(Device, arena, (_language.Cos, _language.Sin), backward: Parameters.IsTrained(ModelPart.Language), sentAhead: sentAhead);
        bool trainsPictures = TrainsVision || Parameters.IsTrained(ModelPart.Projector);
        (Tensor hidden, Tensor images) = SeePictures(arena, b, TrainsVision ? PassMode.Training : PassMode.Inference);
        (Tensor X, Tensor Delta) output = _language.Forward(arena, b.Source, images, b.Sequences, PassMode.Training);
        Tensor dx = _language.LossBackward(arena, output, b, scale, accumulate);
        if (trainsPictures && images.Exists)
        {
            Tensor dimages = arena.Push(dx.Type, images.Rows, images.Width);
            GatherRows.Forward(Device, dimages, dx, b.ImageRows);
            Tensor dfeatures = _projector.Backward(arena, dimages, features: TrainsVision, accumulate);
            if (TrainsVision)
            {
                Tensor dhidden = dfeatures;
                if (b.FeatureRows.Exists)
                {
                    dhidden = arena.Push(dfeatures.Type, hidden.Rows, hidden.Width);
                    GatherRows.Backward(Device, dhidden, dfeatures, b.FeatureRows);
                }

                _vision.Backward(arena, dhidden, b.VisionCuSeqlens, accumulate);
            }
        }
        else if (trainsPictures && !accumulate)
        {
            ClearPictureGradients();
        }

        return SumLosses(b.Losses);
    }

    /// <summary>Computes losses only.</summary>
    /// <param name="batch">Samples with labels.</param>
    /// <param name="arena">For activations; as it was afterwards.</param>
    /// <returns>The sum of the losses of the labelled rows.</returns>
    public double Loss(PackedBatch batch, Arena arena)
    {
        if (batch.LabelledRows == 0)
        {
            return 0;
        }

        using ArenaFrame frame = arena.Open();
        DeviceBatch b = batch.Upload(Device, arena, (_language.Cos, _language.Sin), backward: false);
        Tensor images = SeePictures(arena, b, PassMode.Inference).Images;
        _language.Loss(arena, _language.Forward(arena, b.Source, images, b.Sequences, PassMode.Inference), b);
        return SumLosses(b.Losses);
    }

    /// <summary>Computes the logits of chosen rows, without or with a cache that the batch's sequences continue.</summary>
    /// <param name="logits">Receives <c>[rows, vocabulary]</c> on the host.</param>
    /// <param name="batch">Sequences, as many as the cache has.</param>
    /// <param name="arena">For activations; as it was afterwards.</param>
    /// <param name="rows">Packed rows.</param>
    /// <param name="cache">Receives the new rows' keys and values; its lengths are counted on.</param>
    public void Logits(Span<float> logits, PackedBatch batch, Arena arena, ReadOnlySpan<int> rows, KvCache? cache = null)
    {
        using ArenaFrame frame = arena.Open();
        Tensor computed = arena.Push(Device.ComputeType, rows.Length, Config.Text.VocabularySize);
        Logits(computed, batch, arena, rows, cache);
        Device.ReadFloats(logits, computed);
    }

    /// <summary>
    /// Computes the logits of chosen rows and leaves them on the device. With a cache, a sequence's bits are those of a pass of its own, as long as the sequences have all few rows or all many
    /// (<see cref="Device.FewRows"/>).
    /// </summary>
    /// <param name="logits">Receives <c>[rows, vocabulary]</c>.</param>
    /// <param name="batch">Sequences, as many as the cache has.</param>
    /// <param name="arena">For activations; as it was afterwards.</param>
    /// <param name="rows">Packed rows.</param>
    /// <param name="cache">Receives the new rows' keys and values; its lengths are counted on.</param>
    internal void Logits(Tensor logits, PackedBatch batch, Arena arena, ReadOnlySpan<int> rows, KvCache? cache)
    {
        using ArenaFrame frame = arena.Open();
        DeviceBatch b = batch.Upload(Device, arena, (_language.Cos, _language.Sin), backward: false, cache);
        Tensor chosen = arena.Push(DType.I32, rows.Length);
        Device.CopyFromHost(chosen, rows);
        Tensor images = SeePictures(arena, b, PassMode.Inference, alone: cache is not null).Images;
        (Tensor X, Tensor Delta) output;
        using (new RowsAloneScope(Device, cache is null ? 0 : batch.MaxLength))
        {
            output = _language.Forward(arena, b.Source, images, b.Sequences, PassMode.Inference);
        }

        using (new RowsAloneScope(Device, cache is null ? 0 : 1))
        {
            _language.Logits(arena, logits, output, chosen);
        }

        batch.CountInto(cache);
    }

    /// <summary>Computes what the vision tower and the projector make of the batch's pictures.</summary>
    /// <param name="hidden">Receives the chosen hidden state, <c>[pictures positions, vision width]</c>; empty for none.</param>
    /// <param name="features">Receives the projected rows, <c>[pictures rows, language width]</c>; empty for none.</param>
    /// <param name="batch">Holds the pictures.</param>
    /// <param name="arena">For activations; as it was afterwards.</param>
    public void ImageFeatures(Span<float> hidden, Span<float> features, PackedBatch batch, Arena arena)
    {
        using ArenaFrame frame = arena.Open();
        DeviceBatch b = batch.Upload(Device, arena, (_language.Cos, _language.Sin), backward: false);
        (Tensor state, Tensor images) = SeePictures(arena, b, PassMode.Inference);
        if (hidden.Length > 0)
        {
            Device.ReadFloats(hidden, state);
        }

        if (features.Length > 0)
        {
            Device.ReadFloats(features, images);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _language.Dispose();
        Parameters.Dispose();
    }

    private (Tensor Hidden, Tensor Images) SeePictures(Arena arena, in DeviceBatch batch, PassMode visionMode, bool alone = false)
    {
        if (!batch.Pixels.Exists)
        {
            return default;
        }

        Tensor hidden;
        using (new RowsAloneScope(Device, alone ? Config.Vision.Positions : 0))
        {
            hidden = _vision.Forward(arena, batch.Pixels, batch.VisionCuSeqlens, visionMode);
        }

        Tensor features = hidden;
        if (batch.FeatureRows.Exists)
        {
            features = arena.Push(hidden.Type, batch.FeatureRows.Rows, hidden.Width);
            GatherRows.Forward(Device, features, hidden, batch.FeatureRows);
        }

        using (new RowsAloneScope(Device, alone ? Config.RowsPerImage : 0))
        {
            return (hidden, _projector.Forward(arena, features));
        }
    }

    private void ClearPictureGradients()
    {
        for (int i = 0; i < Parameters.All.Count; i++)
        {
            if (Parameters.All[i] is { Trainable: true, Part: not ModelPart.Language } parameter)
            {
                Fill.Forward(Device, parameter.Gradient, 0);
            }
        }
    }

    private double SumLosses(Tensor losses)
    {
        if (_losses.Length < losses.Count)
        {
            Array.Resize(ref _losses, (int)losses.Count);
        }

        _lossCount = (int)losses.Count;
        Span<float> values = _losses.AsSpan(0, _lossCount);
        Device.CopyToHost(values, losses);
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return sum;
    }
}
