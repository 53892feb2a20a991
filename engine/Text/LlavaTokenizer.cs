using LlavaCuda.Formats;

namespace LlavaCuda.Text;

/// <summary>
/// The tokenizer of a LLaVA model folder: a SentencePiece vocabulary plus added tokens (<c>&lt;s&gt;</c>, <c>&lt;/s&gt;</c>,
/// <c>&lt;image&gt;</c> ...), in the way of transformers' slow LlamaTokenizer. Safe for use by several threads.
/// </summary>
public sealed partial class LlavaTokenizer
{
    /// <summary>The string that marks the place of an image in text.</summary>
    public const string ImageMarker = "<image>";

    private readonly SentencePieceTokenizer _pieces;
    private readonly AddedTokenMatcher _matcher;
    private readonly AddedTokenMatcher _matcherWithoutImage;
    private readonly Dictionary<string, AddedToken> _added = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _skipSpecial = [];
    private readonly Dictionary<int, string> _keepSpecial = [];

    /// <summary>Initializes a new instance of the <see cref="LlavaTokenizer"/> class.</summary>
    /// <param name="model">The vocabulary.</param>
    /// <param name="options">The rest.</param>
    /// <exception cref="InvalidDataException">An added token contradicts the vocabulary or another added token.</exception>
    public LlavaTokenizer(SentencePieceModel model, LlavaTokenizerOptions options)
    {
        Options = options;
        _pieces = new SentencePieceTokenizer(model);
        VocabularySize = model.Pieces.Count;
        foreach (AddedToken token in options.AddedTokens)
        {
            Add(token);
        }

        UnkId = AddNamed(options.UnkToken);
        BosId = AddNamed(options.BosToken);
        EosId = AddNamed(options.EosToken);
        PadId = AddNamed(options.PadToken ?? options.UnkToken);
        _matcher = new AddedTokenMatcher(_added.Values);
        _matcherWithoutImage = new AddedTokenMatcher(_added.Values.Where(t => t.Content != ImageMarker));
    }

    /// <summary>Gets what the folder says beside the vocabulary.</summary>
    public LlavaTokenizerOptions Options { get; }

    /// <summary>Gets the vocabulary.</summary>
    public SentencePieceModel Model => _pieces.Model;

    /// <summary>Gets the number of ids, added tokens included: one more than the largest id.</summary>
    public int VocabularySize { get; private set; }

    /// <summary>Gets the id that begins every prompt.</summary>
    public int BosId { get; }

    /// <summary>Gets the id that ends an answer.</summary>
    public int EosId { get; }

    /// <summary>Gets the id of the unknown token.</summary>
    public int UnkId { get; }

    /// <summary>Gets the padding id.</summary>
    public int PadId { get; }

    /// <summary>Gets the id of <c>&lt;image&gt;</c>, or null where it is no token, as in the original LLaVA folders.</summary>
    public int? ImageId => _added.GetValueOrDefault(ImageMarker)?.Id;

    /// <summary>Gets every added token, the special ones of the vocabulary included, in the order of ids.</summary>
    public IEnumerable<AddedToken> AddedTokens => _added.Values.OrderBy(t => t.Id);

    /// <summary>Gets one line each of what the files of a loaded folder ask for that is not used.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Encodes a text in which added tokens are recognised. No begin or end token is added.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The ids.</returns>
    public int[] Encode(string text)
    {
        List<TextToken> tokens = [];
        Encode(text, tokens, imageIsText: false, [(0, text.Length)]);
        return [.. tokens.Select(t => t.Id)];
    }

    /// <summary>Decodes ids.</summary>
    /// <param name="ids">Ids of this tokenizer.</param>
    /// <param name="skipSpecialTokens">Whether special tokens give nothing rather than their strings.</param>
    /// <returns>The text, without the space that the dummy prefix adds.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) => CreateDecoder(skipSpecialTokens).DecodeAll(ids);

    /// <summary>Makes a decoder for ids that come one at a time.</summary>
    /// <param name="skipSpecialTokens">Whether special tokens give nothing rather than their strings.</param>
    /// <returns>A decoder for one text.</returns>
    public TokenStreamDecoder CreateDecoder(bool skipSpecialTokens = true) => new(_pieces, skipSpecialTokens ? _skipSpecial : _keepSpecial);

    /// <summary>Finds the id of an added token or of a piece.</summary>
    /// <param name="token">The string as the vocabulary has it.</param>
    /// <returns>The id, or null.</returns>
    public int? FindId(string token) => _added.TryGetValue(token, out AddedToken? added) ? added.Id : _pieces.FindId(token);

    /// <summary>Finds what an id stands for.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The string of an added token or of a piece, or null where nothing has this id.</returns>
    public string? FindToken(int id) => _keepSpecial.TryGetValue(id, out string? added) ? added : id >= 0 && id < Model.Pieces.Count ? Model.Pieces[id].Text : null;

    /// <summary>Makes a tokenizer with one more special token.</summary>
    /// <param name="content">Its string, such as <c>&lt;image&gt;</c>.</param>
    /// <param name="id">Its id, or null for the next free one.</param>
    /// <returns>A new tokenizer; this one stays as it is.</returns>
    /// <exception cref="InvalidDataException">The string or the id is taken.</exception>
    public LlavaTokenizer WithAddedToken(string content, int? id = null)
    {
        AddedToken token = new(content, id ?? VocabularySize);
        return With(Options with { AddedTokens = [.. AddedTokens, token] });
    }

    /// <summary>Makes a tokenizer of the same vocabulary and folder with other options.</summary>
    internal LlavaTokenizer With(LlavaTokenizerOptions options) => new(Model, options) { _savedConfig = _savedConfig };

    /// <summary>
    /// Appends tokens with their places in the text. Added tokens are recognised within the trusted ranges alone; the text outside gets no id of theirs, even where the vocabulary has such a piece.
    /// </summary>
    /// <param name="text">The text, encoded as one, so that what is trusted changes nothing else.</param>
    /// <param name="tokens">Receives the tokens.</param>
    /// <param name="imageIsText">Whether <c>&lt;image&gt;</c> is spelled out even where it is a token.</param>
    /// <param name="trusted">Ranges, ascending and apart.</param>
    internal void Encode(ReadOnlySpan<char> text, List<TextToken> tokens, bool imageIsText, ReadOnlySpan<(int Start, int End)> trusted)
    {
        AddedTokenMatcher matcher = imageIsText ? _matcherWithoutImage : _matcher;
        int from = 0;
        bool prefix = Model.AddDummyPrefix;
        foreach ((int start, int end) in trusted)
        {
            int search = Math.Max(start, from);
            while (search < end && matcher.Find(text[search..end], out int before) is { } added)
            {
                int place = search + before;
                EncodePieces(added.StripLeft ? text[from..place].TrimEnd() : text[from..place], prefix, from, tokens, trusted);
                tokens.Add(new TextToken(added.Id, place));
                from = place + added.Content.Length;
                if (added.StripRight)
                {
                    from = text.Length - text[from..].TrimStart().Length;
                }

                search = from;
                prefix = Options.Legacy && Model.AddDummyPrefix;
            }
        }

        EncodePieces(text[from..], prefix, from, tokens, trusted);
    }

    private void EncodePieces(ReadOnlySpan<char> text, bool dummyPrefix, int offset, List<TextToken> tokens, ReadOnlySpan<(int Start, int End)> trusted)
    {
        int first = tokens.Count;
        _pieces.Encode(text, dummyPrefix, offset, tokens);
        for (int i = first; i < tokens.Count; i++)
        {
            // The vocabulary itself may find an added token in text, where its piece is a user-defined or an ordinary one.
            TextToken token = tokens[i];
            if (token.Id != Model.UnknownId && _keepSpecial.TryGetValue(token.Id, out string? content) && !IsWithin(trusted, token.Start, token.Start + content.Length))
            {
                TextToken[] letters = [.. _pieces.Spell(content).Select(id => token with { Id = id })];
                tokens.RemoveAt(i);
                tokens.InsertRange(i, letters);
                i += letters.Length - 1;
            }
        }
    }

    private static bool IsWithin(ReadOnlySpan<(int Start, int End)> ranges, int start, int end)
    {
        foreach ((int from, int to) in ranges)
        {
            if (from <= start && end <= to)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A token that the configuration names by its string alone; transformers gives unknown strings the next id.</summary>
    private int AddNamed(string content)
    {
        if (!_added.TryGetValue(content, out AddedToken? token))
        {
            token = new AddedToken(content, _pieces.FindId(content) ?? VocabularySize);
            Add(token);
        }

        _skipSpecial[token.Id] = string.Empty;
        return token.Id;
    }

    private void Add(AddedToken token)
    {
        IReadOnlyList<SentencePiece> pieces = Model.Pieces;
        int? known = _pieces.FindId(token.Content);
        if (token.Content.Length == 0 || token.Id < 0 || (token.Id < pieces.Count && pieces[token.Id].Text != token.Content) || (known is not null && known != token.Id))
        {
            throw new InvalidDataException(
                $"added token {Quoted.Name(token.Content)} has id {token.Id}, where the vocabulary has {(token.Id >= 0 && token.Id < pieces.Count ? Quoted.Name(pieces[token.Id].Text) : $"{pieces.Count} pieces{(known is null ? string.Empty : $" and the same string as id {known}")}")}");
        }

        if (!_added.TryAdd(token.Content, token) || !_keepSpecial.TryAdd(token.Id, token.Content))
        {
            throw new InvalidDataException($"added token {Quoted.Name(token.Content)} with id {token.Id}: another added token has the same string or id");
        }

        _skipSpecial[token.Id] = token.Special ? string.Empty : token.Content;
        VocabularySize = Math.Max(VocabularySize, token.Id + 1);
    }
}
