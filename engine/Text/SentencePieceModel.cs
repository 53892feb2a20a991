using LlavaCuda.Formats;

namespace LlavaCuda.Text;

/// <summary>A SentencePiece BPE vocabulary: what a <c>tokenizer.model</c> file holds.</summary>
/// <remarks>Only byte pair encoding without text normalisation is supported, which is what LLaMA, Vicuna and LLaVA use.</remarks>
public sealed class SentencePieceModel
{
    private const long LongestFile = 256 << 20;
    private readonly byte[]? _file;

    /// <summary>Initializes a new instance of the <see cref="SentencePieceModel"/> class.</summary>
    /// <param name="pieces">The vocabulary; a piece's place is its id.</param>
    /// <exception cref="ArgumentException">Two pieces are equal, one is empty, or there is not exactly one unknown piece.</exception>
    public SentencePieceModel(IReadOnlyList<SentencePiece> pieces)
        : this(pieces, null)
    {
    }

    internal SentencePieceModel(IReadOnlyList<SentencePiece> pieces, byte[]? file)
    {
        HashSet<string> seen = new(pieces.Count, StringComparer.Ordinal);
        UnknownId = -1;
        for (int id = 0; id < pieces.Count; id++)
        {
            if (pieces[id].Text.Length == 0 || !seen.Add(pieces[id].Text))
            {
                throw new ArgumentException($"piece {id} is {(pieces[id].Text.Length == 0 ? "empty" : $"'{pieces[id].Text}' a second time")}", nameof(pieces));
            }

            if (pieces[id].Type == SentencePieceType.Unknown)
            {
                UnknownId = UnknownId < 0 ? id : throw new ArgumentException($"pieces {UnknownId} and {id} are both the unknown piece", nameof(pieces));
            }
        }

        if (UnknownId < 0)
        {
            throw new ArgumentException("no piece is the unknown piece", nameof(pieces));
        }

        Pieces = pieces;
        _file = file;
    }

    /// <summary>Gets the vocabulary; a piece's place is its id.</summary>
    public IReadOnlyList<SentencePiece> Pieces { get; }

    /// <summary>Gets a value indicating whether text is encoded as if a space stood before it.</summary>
    public bool AddDummyPrefix { get; init; } = true;

    /// <summary>Gets a value indicating whether characters without a piece are spelled as bytes.</summary>
    public bool ByteFallback { get; init; } = true;

    /// <summary>Gets the id of the piece for what no other piece covers.</summary>
    public int UnknownId { get; }

    /// <summary>Gets the id that begins a text, or -1.</summary>
    public int BeginId { get; init; } = 1;

    /// <summary>Gets the id that ends a text, or -1.</summary>
    public int EndId { get; init; } = 2;

    /// <summary>Gets what the unknown piece decodes to.</summary>
    public string UnknownSurface { get; init; } = " \u2047 ";

    /// <summary>Reads a <c>tokenizer.model</c>.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The vocabulary.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged or of a kind that is not supported.</exception>
    public static SentencePieceModel Load(string path) =>
        File.Exists(path)
            ? SentencePieceFormat.Read(RegularFile.ReadAllBytes(path, LongestFile), path)
            : throw new FileNotFoundException($"{path}: no such file; a SentencePiece vocabulary was expected", path);

    /// <summary>Gives the bytes of the <c>tokenizer.model</c> that this vocabulary was read from, or those of a new one.</summary>
    /// <returns>A file that sentencepiece and transformers load.</returns>
    public byte[] ToBytes() => _file is null ? SentencePieceFormat.Write(this) : [.. _file];
}
