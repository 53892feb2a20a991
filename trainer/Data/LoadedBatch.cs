using LlavaCuda.Models;

namespace LlavaCuda.Trainer.Data;

/// <summary>A micro-batch that is ready to be computed with.</summary>
public sealed class LoadedBatch
{
    private readonly List<int> _samples = [];

    internal LoadedBatch(LlavaConfig config) => Batch = new PackedBatch(config);

    /// <summary>Gets the packed samples.</summary>
    public PackedBatch Batch { get; }

    /// <summary>Gets the numbers of its samples.</summary>
    public IReadOnlyList<int> Samples => _samples;

    /// <summary>Gets the optimizer step that it belongs to, from 0.</summary>
    public long Step { get; private set; }

    /// <summary>Gets a value indicating whether it is the first of its step.</summary>
    public bool IsFirst { get; private set; }

    /// <summary>Gets a value indicating whether it is the last of its step.</summary>
    public bool IsLast { get; private set; }

    /// <summary>Gets the rows with loss of its whole step, which the gradients are divided by.</summary>
    public long LabelledRowsOfStep { get; private set; }

    /// <summary>Gets or sets the number of the batch whose contents are complete.</summary>
    internal long Ready { get; set; } = -1;

    /// <summary>Gets or sets what went wrong while it was filled.</summary>
    internal Exception? Error { get; set; }

    /// <summary>Chooses what it is to be filled with.</summary>
    internal void Assign(long step, ReadOnlySpan<int> samplesOfStep, int start, int count, SampleStore store)
    {
        _samples.Clear();
        _samples.AddRange(samplesOfStep.Slice(start, count));
        Step = step;
        IsFirst = start == 0;
        IsLast = start + count == samplesOfStep.Length;
        Error = null;
        LabelledRowsOfStep = 0;
        foreach (int sample in samplesOfStep)
        {
            LabelledRowsOfStep += store[sample].Supervised;
        }
    }
}
