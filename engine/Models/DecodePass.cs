using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>
/// One new row of every sequence of a cache, to the logits behind it. Its tensors stay where they are, so that the device can repeat the pass as a whole: what differs from step to step,
/// ids and lengths, is read from memory.
/// </summary>
internal sealed class DecodePass : IDisposable
{
    private readonly Llava _model;
    private readonly KvCache _cache;
    private readonly Arena _arena;
    private readonly RepeatedPass _pass;
    private readonly Sequences _sequences;
    private readonly int[] _step;
    private readonly Tensor _stepOnDevice;

    /// <summary>Initializes a new instance of the <see cref="DecodePass"/> class.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cache">The sequences.</param>
    /// <param name="arena">Holds the pass's tensors as long as the pass lives; nobody else releases what is below them.</param>
    internal DecodePass(Llava model, KvCache cache, Arena arena)
    {
        _model = model;
        _cache = cache;
        _arena = arena;
        int count = cache.Lengths.Length;
        _step = new int[2 * count];
        _stepOnDevice = arena.Push(DType.I32, 2, count);
        Tensor past = _stepOnDevice.Slice(1, 1).View(count);
        Tensor starts = arena.Push(DType.I32, count + 1);
        int[] ascending = [.. Enumerable.Range(0, count + 1)];
        model.Device.CopyFromHost<int>(starts, ascending);

        // A sequence's new row has the position that its rows in the cache are numerous.
        _sequences = new Sequences(starts, MaxLength: 1, new Rotary(model.Language.Cos, model.Language.Sin, past), past, cache);
        Logits = arena.Push(model.Device.ComputeType, count, model.Config.Text.VocabularySize);
        _pass = model.Device.Repeated(Compute);
    }

    /// <summary>Gets the logits, <c>[sequences, vocabulary]</c>, on the device.</summary>
    internal Tensor Logits { get; }

    /// <inheritdoc/>
    public void Dispose() => _pass.Dispose();

    /// <summary>Appends a token to every sequence and computes the logits behind them.</summary>
    /// <param name="ids">One a sequence.</param>
    /// <exception cref="InvalidOperationException">A sequence is full.</exception>
    internal void Run(ReadOnlySpan<int> ids)
    {
        int count = _cache.Lengths.Length;
        for (int i = 0; i < count; i++)
        {
            Check(ids[i], _cache.Lengths[i]);
            _step[i] = ids[i];
            _step[count + i] = _cache.Lengths[i];
        }

        _model.Device.CopyFromHost<int>(_stepOnDevice, _step);
        _pass.Run();
        for (int i = 0; i < count; i++)
        {
            _cache.Lengths[i]++;
        }
    }

    private void Check(int id, int length)
    {
        TextConfig config = _model.Config.Text;
        if ((uint)id >= (uint)config.VocabularySize)
        {
            throw new ArgumentException($"Token id {id} is outside the vocabulary of {config.VocabularySize}.");
        }

        int room = (int)Math.Min(_cache.Capacity, _model.Language.Cos.Rows);
        if (length >= room)
        {
            throw new InvalidOperationException($"The context of {room} rows is full.");
        }
    }

    private void Compute()
    {
        using ArenaFrame frame = _arena.Open();
        using RowsAloneScope alone = new(_model.Device, rows: 1);
        Tensor source = _stepOnDevice.Slice(0, 1).View(_cache.Lengths.Length);
        (Tensor X, Tensor Delta) output = _model.Language.Forward(_arena, source, default, _sequences, PassMode.Inference);
        _model.Language.Logits(_arena, Logits, output, default);
    }
}
