using LlavaCuda.Devices;

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

    /// <summary>Measures a pass that computes the logits of the last row.</summary>
    /// <param name="batch">One sequence.</param>
    /// <returns>Bytes of the arena that it needs.</returns>
    public long Logits(PackedBatch batch)
    {
        using Arena arena = _device.MeasuringArena();
        using KvCache cache = new(_device, _model.Config.Text, batch.Sequences, batch.Rows);
        _model.Logits(new float[(long)batch.Sequences * _model.Config.Text.VocabularySize], batch, arena, new int[batch.Sequences], cache);
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

    /// <inheritdoc/>
    public void Dispose()
    {
        _model.Dispose();
        _device.Dispose();
    }
}
