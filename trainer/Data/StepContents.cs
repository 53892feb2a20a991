namespace LlavaCuda.Trainer.Data;

/// <summary>
/// The samples of one optimizer step, and which of them are left out because of bad images. All micro-batches of the step see the same, also when another bad image is found in between: the
/// step's gradients are divided by the labelled rows of exactly the samples that are in them.
/// </summary>
/// <param name="store">The samples.</param>
/// <param name="bad">The bad images known so far, or null.</param>
internal sealed class StepContents(SampleStore store, BadImages? bad)
{
    private readonly List<int> _leftOut = [];
    private int[] _samples = [];
    private int _count;

    /// <summary>Gets the step, from 0.</summary>
    internal long Step { get; private set; } = -1;

    /// <summary>Gets all samples of the step, in order.</summary>
    internal ReadOnlySpan<int> Samples => _samples.AsSpan(0, _count);

    /// <summary>Gets the rows with loss of the samples that are not left out.</summary>
    internal long LabelledRows { get; private set; }

    /// <summary>Gets the number of samples that are left out.</summary>
    internal int LeftOut => _leftOut.Count;

    /// <summary>Goes to a step, or looks at the same again.</summary>
    internal void Assign(long step, ReadOnlySpan<int> samples)
    {
        if (_samples.Length < samples.Length)
        {
            _samples = new int[samples.Length];
        }

        samples.CopyTo(_samples);
        _count = samples.Length;
        Step = step;
        LabelledRows = 0;
        _leftOut.Clear();
        foreach (int sample in samples)
        {
            if (bad is not null && bad.LeavesOut(sample))
            {
                _leftOut.Add(sample);
            }
            else
            {
                LabelledRows += store[sample].Supervised;
            }
        }
    }

    /// <summary>Tells whether a sample of the step is left out.</summary>
    internal bool LeavesOut(int sample) => _leftOut.Contains(sample);
}
