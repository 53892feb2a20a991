using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Tensors;

namespace LlavaCuda.Generation;

/// <summary>Fills the normalised pixels of a prompt's image.</summary>
/// <param name="image">Which image, counted over the whole prompt.</param>
/// <param name="pixels">Receives <c>3 edge²</c> values, channel by channel.</param>
internal delegate void PixelSource(int image, Span<float> pixels);

/// <summary>
/// One sequence and its key-value cache: reads prompts, computes the logits after the last token and chooses the next token from them. Logits stay on the device.
/// </summary>
/// <remarks>
/// A prompt is read in pieces, one pass each. Where the pieces end follows from the prompt alone, and only whole pieces are kept for the next prompt: rows that were decoded one by one are read again
/// as part of a piece. Every row that a prompt leaves in the cache is therefore the result of the same passes whether earlier pieces were kept or not, so that its logits are the same bits as those of
/// a generator that reads it from scratch, on every device, however products and attention divide their work among the rows of a pass.
/// </remarks>
internal sealed class TokenGenerator : IDisposable
{
    private readonly Llava _model;
    private readonly KvCache _cache;
    private readonly PackedBatch _batch;
    private readonly ActivationPlan _plan;
    private readonly PromptArena _arena;
    private readonly List<int> _ids = [];
    private readonly List<int> _ends = [];
    private readonly Arena _decodeArena;
    private readonly DecodePass _decode;
    private readonly TokenChooser _chooser;
    private PixelSource? _pixels;

    /// <summary>Initializes a new instance of the <see cref="TokenGenerator"/> class.</summary>
    /// <param name="model">The model, which outlives the generator.</param>
    /// <param name="capacity">Most rows that prompt and answer may have together.</param>
    internal TokenGenerator(Llava model, int capacity)
    {
        _model = model;
        _cache = new KvCache(model.Device, model.Config.Text, sequences: 1, capacity);
        _batch = new PackedBatch(model.Config);
        _plan = new ActivationPlan(model.Device, model.Config);
        _arena = new PromptArena(model.Device, _plan, "The activations of the prompt");
        _decodeArena = new Arena(model.Device, _plan.Decode(sequences: 1), "The activations of a token");
        _decode = new DecodePass(model, _cache, _decodeArena);
        _chooser = new TokenChooser(model.Device, rows: 1, model.Config.Text.VocabularySize);
    }

    /// <summary>Gets the rows in the cache.</summary>
    internal int Rows => _cache.Lengths[0];

    /// <summary>Gets the most rows there may be.</summary>
    internal int Capacity => _cache.Capacity;

    /// <summary>Gets the logits after the last token, <c>[1, vocabulary]</c>, on the device; another prompt or token replaces them.</summary>
    internal Tensor Logits => _decode.Logits;

    /// <inheritdoc/>
    public void Dispose()
    {
        _chooser.Dispose();
        _decode.Dispose();
        _decodeArena.Dispose();
        _arena.Dispose();
        _cache.Dispose();
        _plan.Dispose();
    }

    /// <summary>Forgets everything.</summary>
    internal void Clear() => Keep([], []);

    /// <summary>Reads a prompt in one piece.</summary>
    /// <param name="ids">Token ids, and <see cref="PackedBatch.ImageToken"/> where an image goes.</param>
    /// <param name="pixels">Fills the images.</param>
    internal void Read(ReadOnlySpan<int> ids, PixelSource pixels) => Read(ids, [ids.Length], pixels);

    /// <summary>Reads a prompt. Pieces that the prompt before had too, from the start on, are not computed again: images in there must be the same ones.</summary>
    /// <param name="ids">Token ids, and <see cref="PackedBatch.ImageToken"/> where an image goes.</param>
    /// <param name="ends">How many ids there are up to the end of each piece, ascending; the last is the number of ids.</param>
    /// <param name="pixels">Fills the images that are new.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    internal void Read(ReadOnlySpan<int> ids, ReadOnlySpan<int> ends, PixelSource pixels, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(ids.Length, nameof(ids));
        int rows = PackedBatch.CountRows(_model.Config, ids);
        if (rows > Capacity)
        {
            int images = ids.Count(PackedBatch.ImageToken);
            throw new ArgumentException($"The conversation has {rows} rows ({images} {(images == 1 ? "image" : "images")} of {_model.Config.RowsPerImage}); the context holds {Capacity}.");
        }

        if (ends.IsEmpty || ends[^1] != ids.Length)
        {
            throw new ArgumentException($"The pieces end at {(ends.IsEmpty ? 0 : ends[^1])} of {ids.Length} ids.", nameof(ends));
        }

        Keep(ids, ends);
        _pixels = pixels;
        foreach (int end in ends[_ends.Count..])
        {
            cancellation.ThrowIfCancellationRequested();
            Extend(ids[_ids.Count..end], ids[.._ids.Count].Count(PackedBatch.ImageToken), pixels);
            _ends.Add(end);
        }
    }

    /// <summary>Forbids tokens, from here on; those that were forbidden before are allowed again.</summary>
    /// <param name="ids">Token ids.</param>
    internal void Forbid(ReadOnlySpan<int> ids) => _chooser.Forbid(ids);

    /// <summary>Chooses the token after the last one.</summary>
    /// <param name="draw">How.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="NotFiniteNumberException">A logit is NaN or infinite; the message names the first tensor that is.</exception>
    internal int Choose(TokenDraw draw)
    {
        int id = 0;
        _chooser.Choose(new Span<int>(ref id), _decode.Logits, [draw]);
        return id >= 0 ? id : throw new NotFiniteNumberException($"The logits after row {Rows} are NaN or infinite; {FindNonFinite()}.");
    }

    /// <summary>Appends the chosen token and computes the logits after it.</summary>
    /// <param name="id">A token id.</param>
    internal void Append(int id)
    {
        _decode.Run([id]);
        _ids.Add(id);
    }

    // All rows are computed again, without the cache, to see where it begins.
    private string FindNonFinite()
    {
        if (_model.FirstNonFiniteWeight() is { } weight)
        {
            return $"the first bad tensor is the weight {weight}";
        }

        int[] ids = [.. _ids];
        _batch.Clear();
        _batch.Add(ids, []);
        for (int image = 0; image < ids.AsSpan().Count(PackedBatch.ImageToken); image++)
        {
            _pixels!(image, _batch.AddImage());
        }

        using Arena arena = new(_model.Device, _plan.NonFiniteSearch(_batch), "The search for the first bad tensor");
        return $"all weights are finite, the first bad tensor is {_model.FirstNonFiniteActivation(_batch, arena) ?? "the logits themselves"}";
    }

    // The last piece is always read: its logits are no longer there.
    private void Keep(ReadOnlySpan<int> ids, ReadOnlySpan<int> ends)
    {
        int same = ids.CommonPrefixLength(CollectionsMarshal.AsSpan(_ids));
        int kept = 0;
        while (kept < Math.Min(_ends.Count, ends.Length - 1) && _ends[kept] == ends[kept] && ends[kept] <= same)
        {
            kept++;
        }

        int length = kept == 0 ? 0 : ends[kept - 1];
        _ends.RemoveRange(kept, _ends.Count - kept);
        _ids.RemoveRange(length, _ids.Count - length);
        _cache.Lengths[0] = PackedBatch.CountRows(_model.Config, ids[..length]);
    }

    private void Extend(ReadOnlySpan<int> ids, int imagesBefore, PixelSource pixels)
    {
        _batch.Clear();
        _batch.Add(ids, [], Rows);
        int images = ids.Count(PackedBatch.ImageToken);
        for (int i = 0; i < images; i++)
        {
            pixels(imagesBefore + i, _batch.AddImage());
        }

        Arena arena = _arena.Reserve(_batch, _cache);
        _model.Logits(_decode.Logits, _batch, arena, [_batch.Rows - 1], _cache);
        _ids.AddRange(ids);
    }
}
