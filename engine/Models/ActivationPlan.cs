using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>How much memory passes need, found by running them on a device that only measures.</summary>
public sealed class ActivationPlan : IDisposable
{
    private readonly PlanningDevice _device;
    private readonly Llava _model;

    /// <summary>Initializes a new instance of the <see cref="ActivationPlan"/> class.</summary>
    /// <param name="device">The device that is planned for.</param>
    /// <param name="config">The model.</param>
    /// <param name="trained">The trained parts; none to plan for inference.</param>
    public ActivationPlan(Device device, LlavaConfig config, params ReadOnlySpan<ModelPart> trained)
    {
        _device = new PlanningDevice(device);
        _model = Llava.Create(_device, config);
        _model.Parameters.Train(_device, trained);
    }

    /// <summary>Measures a training pass.</summary>
    /// <param name="batch">The largest micro-batch.</param>
    /// <returns>Bytes of the arena that it needs.</returns>
    public long Training(PackedBatch batch)
    {
        using Arena arena = _device.MeasuringArena();
        _model.ForwardBackward(batch, arena, 1, accumulate: false);
        return arena.Peak;
    }

    /// <summary>Measures a pass that computes losses only.</summary>
    /// <param name="batch">The largest micro-batch.</param>
    /// <returns>Bytes of the arena that it needs.</returns>
    public long Loss(PackedBatch batch)
    {
        using Arena arena = _device.MeasuringArena();
        _model.Loss(batch, arena);
        return arena.Peak;
    }

    /// <summary>Measures a pass that continues cached sequences and computes the logits of one row of each.</summary>
    /// <param name="batch">The new rows, as many sequences as the cache has.</param>
    /// <param name="cache">The cache as it is before the pass, which leaves it unchanged.</param>
    /// <returns>Bytes of the arena that it needs.</returns>
    public long Logits(PackedBatch batch, KvCache cache)
    {
        using Arena arena = _device.MeasuringArena();
        using KvCache planned = new(_device, _model.Config.Text, cache.Lengths.Length, cache.Capacity);
        cache.Lengths.CopyTo(planned.Lengths, 0);
        using Arena results = _device.MeasuringArena();
        Tensor logits = results.Push(_device.ComputeType, batch.Sequences, _model.Config.Text.VocabularySize);
        _model.Logits(logits, batch, arena, new int[batch.Sequences], planned);
        return arena.Peak;
    }

    /// <summary>Measures a pass that appends a token to each of some sequences, with what stays between passes.</summary>
    /// <param name="sequences">How many.</param>
    /// <returns>Bytes of the arena that it needs.</returns>
    internal long Decode(int sequences)
    {
        using Arena arena = _device.MeasuringArena();
        using KvCache cache = new(_device, _model.Config.Text, sequences, capacity: 1);
        using DecodePass pass = new(_model, cache, arena);
        pass.Run(new int[sequences]);
        return arena.Peak;
    }

    /// <summary>Measures <see cref="Llava.FirstNonFiniteActivation"/>.</summary>
    /// <param name="batch">What it computes.</param>
    /// <returns>Bytes of the arena that it needs.</returns>
    internal long NonFiniteSearch(PackedBatch batch)
    {
        using Arena arena = _device.MeasuringArena();
        _model.FirstNonFiniteActivation(batch, arena);
        return arena.Peak;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _model.Dispose();
        _device.Dispose();
    }
}
