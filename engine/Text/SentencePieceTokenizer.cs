using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace LlavaCuda.Text;

/// <summary>Encodes and decodes with a SentencePiece BPE vocabulary, as sentencepiece itself does. Safe for use by several threads.</summary>
public sealed class SentencePieceTokenizer
{
    /// <summary>The character (U+2581) that stands for a space within pieces.</summary>
    public const char Space = '\u2581';

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly int[] _byteIds = new int[256];
    private readonly string[] _userDefined;
    private readonly ConcurrentBag<BytePairMerger> _mergers = [];

    /// <summary>Initializes a new instance of the <see cref="SentencePieceTokenizer"/> class.</summary>
    /// <param name="model">The vocabulary.</param>
    /// <exception cref="InvalidDataException">The vocabulary spells unknown characters as bytes, but lacks one of the 256 byte pieces.</exception>
    public SentencePieceTokenizer(SentencePieceModel model)
    {
        Model = model;
        Array.Fill(_byteIds, -1);
        ByteOf = new short[model.Pieces.Count];
        Array.Fill(ByteOf, (short)-1);
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            SentencePiece piece = model.Pieces[id];
            if (piece.Type is SentencePieceType.Normal or SentencePieceType.UserDefined)
            {
                _ids.Add(piece.Text, id);
            }
            else if (piece.Type == SentencePieceType.Byte)
            {
                byte value = ParseByte(piece.Text, id);
                _byteIds[value] = id;
                ByteOf[id] = value;
            }
        }

        int missing = Array.IndexOf(_byteIds, -1);
        if (model.ByteFallback && missing >= 0)
        {
            throw new InvalidDataException($"vocabulary: byte piece <0x{missing:X2}> is missing, and unknown characters are to be spelled as bytes");
        }

        // Longest first: where one user-defined string begins another, the longer is cut out.
        _userDefined = [.. model.Pieces.Where(p => p.Type == SentencePieceType.UserDefined).Select(p => p.Text).OrderByDescending(t => t.Length)];
    }

    /// <summary>Gets the vocabulary.</summary>
    public SentencePieceModel Model { get; }

    /// <summary>Gets the byte that each id stands for, or -1.</summary>
    internal short[] ByteOf { get; }

    /// <summary>Encodes a text: dummy prefix, merges, bytes for what has no piece. No marker is recognised or added.</summary>
    /// <param name="text">Any text; half surrogate pairs become U+FFFD.</param>
    /// <returns>The ids; none for an empty text.</returns>
    public int[] Encode(string text)
    {
        List<TextToken> tokens = [];
        Encode(text, Model.AddDummyPrefix, 0, tokens);
        return [.. tokens.Select(t => t.Id)];
    }

    /// <summary>Decodes ids: U+2581 becomes a space except at the very start, runs of bytes become characters, markers become nothing.</summary>
    /// <param name="ids">Ids of this vocabulary.</param>
    /// <returns>The text; each byte that is no part of a valid character becomes U+FFFD.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids) => new TokenStreamDecoder(this).DecodeAll(ids);

    /// <summary>Finds the id of a piece of any type.</summary>
    /// <param name="piece">The piece as the vocabulary has it.</param>
    /// <returns>The id, or null.</returns>
    public int? FindId(string piece)
    {
        if (_ids.TryGetValue(piece, out int id))
        {
            return id;
        }

        for (id = 0; id < Model.Pieces.Count; id++)
        {
            if (Model.Pieces[id].Text == piece)
            {
                return id;
            }
        }

        return null;
    }

    /// <summary>Appends the tokens of one text, their places counted from <paramref name="offset"/>.</summary>
    internal void Encode(ReadOnlySpan<char> text, bool dummyPrefix, int offset, List<TextToken> tokens)
    {
        if (text.IsEmpty)
        {
            return;
        }

        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        bool afterUnknown = false;
        BytePairMerger merger = _mergers.TryTake(out BytePairMerger? idle) ? idle : new BytePairMerger(_ids, Model.Pieces, _userDefined);
        merger.Run(text, dummyPrefix, (start, symbol) =>
        {
            if (ids.TryGetValue(symbol, out int id))
            {
                tokens.Add(new TextToken(id, offset + start));
                afterUnknown = false;
            }
            else if (Model.ByteFallback)
            {
                Span<byte> bytes = stackalloc byte[4];
                int count = Encoding.UTF8.GetBytes(symbol, bytes);
                foreach (byte value in bytes[..count])
                {
                    tokens.Add(new TextToken(_byteIds[value], offset + start));
                }
            }
            else if (!afterUnknown)
            {
                // A run of unknown characters is one unknown token.
                tokens.Add(new TextToken(Model.UnknownId, offset + start));
                afterUnknown = true;
            }
        });
        _mergers.Add(merger);
    }

    /// <summary>Spells a piece in letters, or their bytes, none of which is the piece itself.</summary>
    internal IEnumerable<int> Spell(string piece)
    {
        foreach (Rune rune in piece.EnumerateRunes())
        {
            string letter = rune.ToString();
            if (letter != piece && _ids.TryGetValue(letter, out int id))
            {
                yield return id;
                continue;
            }

            foreach (byte value in Encoding.UTF8.GetBytes(letter))
            {
                yield return Model.ByteFallback ? _byteIds[value] : Model.UnknownId;
            }
        }
    }

    private static byte ParseByte(string text, int id) =>
        text is ['<', '0', 'x', _, _, '>'] && byte.TryParse(text.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
            ? value
            : throw new InvalidDataException($"vocabulary: piece {id} is a byte, but reads '{text}' instead of <0xNN>");
}
