using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Generation;

/// <summary>
/// Many sequences and their key-value cache: reads the prompts of several in one pass and decodes a token of each in one. A prompt is
/// read in the same pieces, by the same kinds of passes, as <see cref="TokenGenerator"/> reads it alone; on a device on which a row's
/// bits do not depend on the other rows of its pass, as on the CPU, logits are the same bits.
/// </summary>
internal sealed class BatchedGenerator : IDisposable
{
    private readonly LlavaModel _model;
    private readonly KvCache _cache;
    private readonly QuestionSlot?[] _slots;
    private readonly PackedBatch _batch;
    private readonly ActivationPlan _plan;
    private readonly PromptArena _arena;
    private readonly Arena _decodeArena;
    private readonly DecodePass _decode;
    private readonly TokenChooser _chooser;
    private readonly DeviceMemory _firstMemory;
    private readonly Tensor _first;
    private readonly int[] _ids;
    private readonly TokenDraw[] _draws;

    /// <summary>Initializes a new instance of the <see cref="BatchedGenerator"/> class.</summary>
    /// <param name="model">The model.</param>
    /// <param name="slots">Most sequences at once.</param>
    /// <param name="capacity">Most rows of each.</param>
    /// <param name="forbidden">Token ids that are never chosen.</param>
    internal BatchedGenerator(LlavaModel model, int slots, int capacity, ReadOnlySpan<int> forbidden)
    {
        _model = model;
        Llava network = model.Network;
        Device device = network.Device;
        int vocabulary = network.Config.Text.VocabularySize;
        _slots = new QuestionSlot?[slots];
        _ids = new int[slots];
        _draws = new TokenDraw[slots];
        _cache = new KvCache(device, network.Config.Text, slots, capacity);
        _batch = new PackedBatch(network.Config);
        _plan = new ActivationPlan(device, network.Config);
        _arena = new PromptArena(device, _plan, "The activations of the prompts");
        _decodeArena = new Arena(device, _plan.Decode(slots), "The activations of a token of every question");
        _decode = new DecodePass(network, _cache, _decodeArena);
        _chooser = new TokenChooser(device, slots, vocabulary);
        _chooser.Forbid(forbidden);
        _firstMemory = device.Allocate((long)slots * vocabulary * device.ComputeType.Size(), "the logits of the prompts");
        _first = new Tensor(_firstMemory.Address, device.ComputeType, new Shape(slots, vocabulary));
    }

    /// <summary>Gets the logits after the last step, <c>[slots, vocabulary]</c>, on the device.</summary>
    internal Tensor Logits => _decode.Logits;

    /// <summary>Gets the most rows of a sequence.</summary>
    internal int Capacity => _cache.Capacity;

    /// <summary>Gets the number of questions on their way.</summary>
    internal int Active { get; private set; }

    /// <summary>Gets the number of questions that there is room for.</summary>
    internal int Free => _slots.Length - Active;

    /// <inheritdoc/>
    public void Dispose()
    {
        _firstMemory.Dispose();
        _chooser.Dispose();
        _decode.Dispose();
        _decodeArena.Dispose();
        _arena.Dispose();
        _cache.Dispose();
        _plan.Dispose();
    }

    /// <summary>Reads prompts and chooses the first token of each answer.</summary>
    /// <param name="questions">At most <see cref="Free"/> questions.</param>
    /// <returns>Those that are over already.</returns>
    internal List<QuestionSlot> Read(IReadOnlyList<QuestionSlot> questions)
    {
        List<int> taken = [];
        foreach (QuestionSlot question in questions)
        {
            int slot = Array.IndexOf(_slots, null);
            _slots[slot] = question;
            _cache.Lengths[slot] = 0;
            taken.Add(slot);
        }

        Active += taken.Count;

        List<int> reading = taken;
        for (int piece = 0; reading.Count > 0; piece++)
        {
            // Few rows are computed otherwise than many, so that they do not mix.
            foreach (IGrouping<(bool, bool), int> alike in reading.GroupBy(slot => (RowsOf(slot, piece) <= CachedAttention.FewRows, RowsOf(slot, piece) <= _model.Device.FewRows)))
            {
                ReadPiece([.. alike], piece);
            }

            reading = [.. reading.Where(slot => piece + 1 < _slots[slot]!.Ends.Length)];
        }

        return RemoveEnded(taken);
    }

    /// <summary>Decodes a token of every answer.</summary>
    /// <returns>Those that are over.</returns>
    internal List<QuestionSlot> Step()
    {
        for (int slot = 0; slot < _slots.Length; slot++)
        {
            // A free slot goes through the pass as well, as a sequence of one row that nobody looks at.
            _cache.Lengths[slot] = _slots[slot] is null ? 0 : _cache.Lengths[slot];
            _ids[slot] = _slots[slot]?.Last ?? 0;
        }

        _decode.Run(_ids);
        List<int> active = [.. Enumerable.Range(0, _slots.Length).Where(slot => _slots[slot] is not null)];
        Choose(_decode.Logits, active, everyRow: true);
        return RemoveEnded(active);
    }

    private int RowsOf(int slot, int piece) => PackedBatch.CountRows(_model.Network.Config, _slots[slot]!.Piece(piece));

    private void ReadPiece(int[] reading, int piece)
    {
        _batch.Clear();
        List<int> lastRows = [], complete = [];
        for (int slot = 0; slot < _slots.Length; slot++)
        {
            if (!reading.Contains(slot))
            {
                _batch.Add([], [], _cache.Lengths[slot]);
                continue;
            }

            _batch.Add(_slots[slot]!.Piece(piece), [], _cache.Lengths[slot]);
            if (piece + 1 == _slots[slot]!.Ends.Length)
            {
                lastRows.Add(_batch.Rows - 1);
                complete.Add(slot);
            }
        }

        foreach (int slot in reading.Order())
        {
            QuestionSlot question = _slots[slot]!;
            int before = question.ImagesBefore(piece);
            for (int image = 0; image < question.Piece(piece).Count(PackedBatch.ImageToken); image++)
            {
                _model.Processor.Process(question.Images[before + image], _batch.AddImage());
            }
        }

        // Some row's logits are computed where no prompt ends with this piece, too.
        bool none = complete.Count == 0;
        Arena arena = _arena.Reserve(_batch, _cache);
        _model.Network.Logits(_first.Slice(0, none ? 1 : complete.Count), _batch, arena, none ? [_batch.Rows - 1] : [.. lastRows], _cache);
        if (!none)
        {
            Choose(_first, complete, everyRow: false);
        }
    }

    // Row i of the logits is slot i's, or that of the i-th of the slots.
    private void Choose(Tensor logits, List<int> slots, bool everyRow)
    {
        for (int i = 0; i < slots.Count; i++)
        {
            _draws[everyRow ? slots[i] : i] = _slots[slots[i]]!.Text.Draw;
        }

        _chooser.Choose(_ids, logits, _draws);
        for (int i = 0; i < slots.Count; i++)
        {
            QuestionSlot question = _slots[slots[i]]!;
            int id = _ids[everyRow ? slots[i] : i];
            if (id < 0)
            {
                string why = _model.Network.FirstNonFiniteWeight() is { } weight ? $"the first bad tensor is the weight {weight}" : "all weights are finite; ask it alone to see where it begins";
                throw new NotFiniteNumberException($"The logits of question {question.Index + 1} are NaN or infinite; {why}.");
            }

            question.Last = id;
            question.Text.Take(id, isFull: _cache.Lengths[slots[i]] == _model.ContextLength);
        }
    }

    private List<QuestionSlot> RemoveEnded(IEnumerable<int> slots)
    {
        List<QuestionSlot> ended = [];
        foreach (int slot in slots.Where(slot => _slots[slot]!.Text.End is not null))
        {
            ended.Add(_slots[slot]!);
            _slots[slot] = null;
            Active--;
        }

        return ended;
    }
}
