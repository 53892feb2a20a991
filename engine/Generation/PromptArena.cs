using LlavaCuda.Devices;
using LlavaCuda.Models;

namespace LlavaCuda.Generation;

/// <summary>The memory in which prompts are read: planned before each pass that is larger than those planned so far.</summary>
/// <param name="device">The device.</param>
/// <param name="plan">Measures passes; stays the caller's.</param>
/// <param name="purpose">What the memory is for, at the start of a sentence.</param>
internal sealed class PromptArena(Device device, ActivationPlan plan, string purpose) : IDisposable
{
    private readonly List<(int Rows, int Images)> _planned = [];
    private Arena? _arena;

    /// <inheritdoc/>
    public void Dispose() => _arena?.Dispose();

    /// <summary>
    /// Gets memory for a pass. Planning takes longer than decoding a token of a small model, so that what fits is not planned again,
    /// whatever the cache holds before it.
    /// </summary>
    /// <param name="batch">The pass.</param>
    /// <param name="cache">The cache that it continues.</param>
    /// <returns>The arena, valid until the next call.</returns>
    internal Arena Reserve(PackedBatch batch, KvCache cache)
    {
        // A pass fits if one planned pass has as many rows and as many images; the rows of one and the images of another say nothing.
        if (_arena is { } fits && _planned.Exists(pass => batch.Rows <= pass.Rows && batch.Images <= pass.Images))
        {
            return fits;
        }

        long bytes = plan.Logits(batch, cache);
        if (_arena is null || bytes > _arena.Capacity)
        {
            _arena?.Dispose();
            _arena = null;
            _planned.Clear();
            _arena = new Arena(device, bytes, purpose);
        }

        _planned.RemoveAll(pass => pass.Rows <= batch.Rows && pass.Images <= batch.Images);
        _planned.Add((batch.Rows, batch.Images));
        return _arena;
    }
}
