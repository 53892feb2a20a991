using LlavaCuda.Models;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// All samples of a run as token ids, four bytes a token: a supervised token's label is the token itself, so a bit beside the id says it all. Filled once by one thread,
/// then read by any number.
/// </summary>
public sealed class SampleStore
{
    private const int Supervised = 1 << 30;
    private const int BlockTokens = 1 << 20;
    private readonly List<TokenizedSample> _samples = [];
    private readonly List<(int Block, int Start)> _places = [];
    private readonly List<int[]> _blocks = [];
    private int _used = BlockTokens;

    /// <summary>Gets the number of samples.</summary>
    public int Count => _samples.Count;

    /// <summary>Gets what is known of a sample beside its tokens.</summary>
    /// <param name="sample">Its number.</param>
    /// <returns>The sample.</returns>
    public TokenizedSample this[int sample] => _samples[sample];

    /// <summary>Tells whether a token that carries loss comes after an image, and so depends on it.</summary>
    /// <param name="sample">The sample's number.</param>
    /// <returns>Whether the vision tower and the projector can learn from the sample.</returns>
    internal bool LossReachesImage(int sample)
    {
        ReadOnlySpan<int> stored = Stored(sample);
        int image = _samples[sample].Images.Count == 0 ? -1 : stored.IndexOf(PackedBatch.ImageToken);
        return image >= 0 && stored[image..].ContainsAnyInRange(Supervised, int.MaxValue);
    }

    /// <summary>Appends a sample's tokens to a batch.</summary>
    /// <param name="sample">Its number.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="scratch">Memory that is kept from call to call and grows.</param>
    internal void AddTo(PackedBatch batch, int sample, ref int[] scratch)
    {
        int count = _samples[sample].Tokens;
        if (scratch.Length < 2 * count)
        {
            scratch = new int[2 * count];
        }

        Span<int> ids = scratch.AsSpan(0, count), labels = scratch.AsSpan(count, count);
        ReadOnlySpan<int> stored = Stored(sample);
        for (int i = 0; i < count; i++)
        {
            bool supervised = stored[i] >= Supervised;
            ids[i] = supervised ? stored[i] - Supervised : stored[i];
            labels[i] = supervised ? ids[i] : PackedBatch.Ignore;
        }

        batch.Add(ids, labels);
    }

    /// <summary>Appends a sample.</summary>
    /// <param name="sample">What is known of it.</param>
    /// <param name="ids">Its token ids.</param>
    /// <param name="labels">The same, or <see cref="PackedBatch.Ignore"/>.</param>
    internal void Add(in TokenizedSample sample, ReadOnlySpan<int> ids, ReadOnlySpan<int> labels)
    {
        if (_used + ids.Length > BlockTokens)
        {
            _blocks.Add(new int[Math.Max(ids.Length, BlockTokens)]);
            _used = 0;
        }

        Span<int> stored = _blocks[^1].AsSpan(_used, ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            stored[i] = labels[i] == PackedBatch.Ignore ? ids[i] : ids[i] + Supervised;
        }

        _places.Add((_blocks.Count - 1, _used));
        _samples.Add(sample);
        _used += ids.Length;
    }

    /// <summary>Gets the tokens in the form in which they are kept; the same tokens and labels have the same form.</summary>
    internal ReadOnlySpan<int> Stored(int sample) => _blocks[_places[sample].Block].AsSpan(_places[sample].Start, _samples[sample].Tokens);
}
