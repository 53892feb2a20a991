using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Which samples make up which optimizer step: a new order of all samples every epoch, a function of (seed, epoch) alone, cut into steps of equal size of which an epoch's
/// last may be smaller. The place in the data is therefore the number of the step and nothing else.
/// </summary>
public sealed class SampleOrder
{
    private readonly int _samples;
    private readonly int _perStep;
    private readonly ulong _seed;
    private int[] _order = [];
    private long _epoch = -1;

    /// <summary>Initializes a new instance of the <see cref="SampleOrder"/> class.</summary>
    /// <param name="samples">Number of samples.</param>
    /// <param name="perStep">Samples an optimizer step.</param>
    /// <param name="seed">Fixes the orders.</param>
    public SampleOrder(int samples, int perStep, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(perStep, 1);
        _samples = samples;
        _perStep = perStep;
        _seed = seed;
    }

    /// <summary>Gets the number of steps that go through all samples once.</summary>
    public int StepsPerEpoch => (int)(((long)_samples + _perStep - 1) / _perStep);

    /// <summary>Gets the samples of a step.</summary>
    /// <param name="step">The step, from 0 over all epochs.</param>
    /// <returns>Numbers of samples, valid until the next call.</returns>
    public ReadOnlySpan<int> Step(long step)
    {
        (long epoch, long within) = Math.DivRem(step, StepsPerEpoch);
        if (epoch != _epoch)
        {
            Shuffle(epoch);
        }

        int start = (int)within * _perStep;
        return _order.AsSpan(start, Math.Min(_perStep, _samples - start));
    }

    // Fisher and Yates, from the identity every time.
    private void Shuffle(long epoch)
    {
        _epoch = epoch;
        _order = _order.Length == _samples ? _order : new int[_samples];
        for (int i = 0; i < _samples; i++)
        {
            _order[i] = i;
        }

        CounterRandom random = new(_seed, $"order of epoch {epoch}");
        for (int i = _samples - 1; i > 0; i--)
        {
            int j = random.Below((ulong)i, i + 1);
            (_order[i], _order[j]) = (_order[j], _order[i]);
        }
    }
}
