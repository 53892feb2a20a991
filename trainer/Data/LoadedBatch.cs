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

    /// <summary>Gets or sets a value indicating whether one of its samples turned out to have a bad image, so that its whole step has to be filled again without it.</summary>
    internal bool IsStale { get; set; }

    /// <summary>Gets the samples of its whole step that are left out.</summary>
    internal int LeftOutOfStep { get; private set; }

    /// <summary>Chooses what it is to be filled with.</summary>
    internal void Assign(StepContents step, int start, int count)
    {
        _samples.Clear();
        foreach (int sample in step.Samples.Slice(start, count))
        {
            if (!step.LeavesOut(sample))
            {
                _samples.Add(sample);
            }
        }

        Step = step.Step;
        IsFirst = start == 0;
        IsLast = start + count == step.Samples.Length;
        Error = null;
        IsStale = false;
        LabelledRowsOfStep = step.LabelledRows;
        LeftOutOfStep = step.LeftOut;
    }
}
