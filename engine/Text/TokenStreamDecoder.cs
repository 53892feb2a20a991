using System.Buffers;
using System.Globalization;
using System.Text;

namespace LlavaCuda.Text;

/// <summary>Turns ids into text one at a time; the pieces it returns, joined, equal decoding all ids at once.</summary>
/// <remarks>A character that several byte tokens spell is held back until it is whole, so no returned piece breaks a character.</remarks>
public sealed class TokenStreamDecoder
{
    private readonly SentencePieceTokenizer _pieces;
    private readonly IReadOnlyDictionary<int, string> _verbatim;
    private readonly StringBuilder _text = new();
    private readonly byte[] _pending = new byte[4];
    private int _pendingCount;
    private bool _atStart = true;

    /// <summary>Initializes a new instance of the <see cref="TokenStreamDecoder"/> class.</summary>
    /// <param name="pieces">The vocabulary.</param>
    public TokenStreamDecoder(SentencePieceTokenizer pieces)
        : this(pieces, new Dictionary<int, string>())
    {
    }

    /// <summary>Ids in <paramref name="verbatim"/> give the text stated there; those with an empty text are as if they were not there.</summary>
    internal TokenStreamDecoder(SentencePieceTokenizer pieces, IReadOnlyDictionary<int, string> verbatim)
    {
        _pieces = pieces;
        _verbatim = verbatim;
    }

    /// <summary>Feeds one id.</summary>
    /// <param name="id">An id of the vocabulary.</param>
    /// <returns>The text that is certain now; often empty while bytes of one character arrive.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    public string Append(int id)
    {
        Feed(id);
        return Take();
    }

    /// <summary>Ends the text: bytes that wait for the rest of their character become U+FFFD each. The next id begins a new text.</summary>
    /// <returns>What was held back.</returns>
    public string Flush()
    {
        EndBytes();
        _atStart = true;
        return Take();
    }

    /// <summary>Decodes a whole text in one go.</summary>
    internal string DecodeAll(ReadOnlySpan<int> ids)
    {
        foreach (int id in ids)
        {
            Feed(id);
        }

        return Flush();
    }

    private void Feed(int id)
    {
        if (_verbatim.TryGetValue(id, out string? text))
        {
            if (text.Length > 0)
            {
                EndBytes();
                _text.Append(text);
                _atStart = false;
            }

            return;
        }

        IReadOnlyList<SentencePiece> pieces = _pieces.Model.Pieces;
        if ((uint)id >= (uint)pieces.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, string.Create(CultureInfo.InvariantCulture, $"Token id {id} is not in the vocabulary of {pieces.Count} pieces"));
        }

        if (_pieces.ByteOf[id] >= 0)
        {
            AddByte((byte)_pieces.ByteOf[id]);
            _atStart = false;
            return;
        }

        EndBytes();
        AddPiece(pieces[id]);
    }

    private void AddPiece(SentencePiece piece)
    {
        if (piece.Type == SentencePieceType.Control)
        {
            return;
        }

        if (piece.Type == SentencePieceType.Unknown)
        {
            _text.Append(_pieces.Model.UnknownSurface);
        }
        else
        {
            bool dropPrefix = _atStart && _pieces.Model.AddDummyPrefix && piece.Text[0] == SentencePieceTokenizer.Space;
            int from = _text.Length;
            _text.Append(piece.Text, dropPrefix ? 1 : 0, piece.Text.Length - (dropPrefix ? 1 : 0));
            _text.Replace(SentencePieceTokenizer.Space, ' ', from, _text.Length - from);
        }

        _atStart = false;
    }

    private void AddByte(byte value)
    {
        _pending[_pendingCount++] = value;
        while (_pendingCount > 0)
        {
            OperationStatus status = Rune.DecodeFromUtf8(_pending.AsSpan(0, _pendingCount), out Rune rune, out int used);
            if (status == OperationStatus.NeedMoreData)
            {
                return;
            }

            if (status == OperationStatus.Done)
            {
                _text.Append(rune.ToString());
                DropPending(used);
            }
            else
            {
                // One replacement a byte, as sentencepiece does, not one a maximal bad sequence.
                _text.Append('\uFFFD');
                DropPending(1);
            }
        }
    }

    private void EndBytes()
    {
        // No character can be whole here: what is pending is a prefix of one, and none of its bytes but the first can begin another.
        _text.Append('\uFFFD', _pendingCount);
        _pendingCount = 0;
    }

    private void DropPending(int count)
    {
        _pending.AsSpan(count, _pendingCount - count).CopyTo(_pending);
        _pendingCount -= count;
    }

    private string Take()
    {
        if (_text.Length == 0)
        {
            return string.Empty;
        }

        string text = _text.ToString();
        _text.Clear();
        return text;
    }
}
