using System.Text.Json;

namespace LlavaCuda.Text;

/// <summary>
/// Writes <c>tokenizer.json</c>, the form in which Hugging Face's fast tokenizers are stored. Without it recent versions derive one from <c>tokenizer.model</c> that leaves the dummy
/// prefix out, and none of their own gives a text behind an image the prefix that LLaVA's does.
/// </summary>
internal static class TokenizerJson
{
    private const string Space = "\u2581";

    // Other text than a second image must follow: those of one picture stand side by side.
    private const string TextAfterImage = $@"{LlavaTokenizer.ImageMarker}(?!{LlavaTokenizer.ImageMarker})(?=[\s\S])";

    /// <summary>Tells whether the vocabulary has a form there. User-defined pieces do not: they are cut out after the prefix is added, added tokens before.</summary>
    internal static bool CanExpress(LlavaTokenizer tokenizer) => tokenizer.Model.ByteFallback && tokenizer.Model.Pieces.All(static p => p.Type != SentencePieceType.UserDefined);

    /// <summary>Tells whether an added token is looked for in text that the normaliser has been over: what it adds behind an image must be there already.</summary>
    internal static bool IsNormalised(LlavaTokenizer tokenizer, AddedToken token) => PrefixesAfterImages(tokenizer) && token.Content == LlavaTokenizer.ImageMarker;

    internal static void Write(Utf8JsonWriter json, LlavaTokenizer tokenizer)
    {
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        foreach (AddedToken token in tokenizer.AddedTokens)
        {
            json.WriteStartObject();
            json.WriteNumber("id", token.Id);
            WriteAdded(json, tokenizer, token);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteNormalizer(json, tokenizer);
        WritePreTokenizer(json, tokenizer);
        WritePostProcessor(json, tokenizer);
        WriteDecoder(json, tokenizer);
        WriteModel(json, tokenizer);
    }

    /// <summary>Writes what both <c>tokenizer.json</c> and <c>tokenizer_config.json</c> say of an added token.</summary>
    internal static void WriteAdded(Utf8JsonWriter json, LlavaTokenizer tokenizer, AddedToken token)
    {
        json.WriteString("content", token.Content);
        json.WriteBoolean("lstrip", token.StripLeft);
        json.WriteBoolean("normalized", IsNormalised(tokenizer, token));
        json.WriteBoolean("rstrip", token.StripRight);
        json.WriteBoolean("single_word", false);
        json.WriteBoolean("special", token.Special);
    }

    private static bool PrefixesAfterImages(LlavaTokenizer tokenizer) => !tokenizer.Options.Legacy && tokenizer.Model.AddDummyPrefix && tokenizer.ImageId is not null;

    private static void WriteNormalizer(Utf8JsonWriter json, LlavaTokenizer tokenizer)
    {
        json.WriteStartObject("normalizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("normalizers");
        if (tokenizer.Options.Legacy && tokenizer.Model.AddDummyPrefix)
        {
            Item(json, "Prepend", static j => j.WriteString("prepend", Space));
        }

        if (PrefixesAfterImages(tokenizer))
        {
            Item(json, "Replace", static j => Replace(j, "Regex", TextAfterImage, LlavaTokenizer.ImageMarker + Space));
        }

        Item(json, "Replace", static j => Replace(j, "String", " ", Space));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePreTokenizer(Utf8JsonWriter json, LlavaTokenizer tokenizer)
    {
        if (tokenizer.Options.Legacy || !tokenizer.Model.AddDummyPrefix)
        {
            json.WriteNull("pre_tokenizer");
            return;
        }

        // The prefix goes before the first stretch of text alone. Metaspace leaves it out where its own character begins the text, which SentencePiece does not: so the first one
        // works with a space, when those of the text are gone, and the second makes U+2581 of it.
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        Item(json, "Metaspace", static j => Metaspace(j, " ", "first"));
        Item(json, "Metaspace", static j => Metaspace(j, Space, "never"));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePostProcessor(Utf8JsonWriter json, LlavaTokenizer tokenizer)
    {
        bool begins = tokenizer.Options.AddBos;
        string begin = tokenizer.Options.BosToken;
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        json.WriteStartArray("single");
        Sequence("A", 0);
        json.WriteEndArray();
        json.WriteStartArray("pair");
        Sequence("A", 0);
        Sequence("B", 1);
        json.WriteEndArray();
        json.WriteStartObject("special_tokens");
        if (begins)
        {
            json.WriteStartObject(begin);
            json.WriteString("id", begin);
            json.WriteStartArray("ids");
            json.WriteNumberValue(tokenizer.BosId);
            json.WriteEndArray();
            json.WriteStartArray("tokens");
            json.WriteStringValue(begin);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();

        void Sequence(string name, int type)
        {
            if (begins)
            {
                Reference("SpecialToken", begin, type);
            }

            Reference("Sequence", name, type);
        }

        void Reference(string kind, string id, int type)
        {
            json.WriteStartObject();
            json.WriteStartObject(kind);
            json.WriteString("id", id);
            json.WriteNumber("type_id", type);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    private static void WriteDecoder(Utf8JsonWriter json, LlavaTokenizer tokenizer)
    {
        json.WriteStartObject("decoder");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("decoders");
        Item(json, "Replace", static j => Replace(j, "String", Space, " "));
        Item(json, "ByteFallback", static _ => { });
        Item(json, "Fuse", static _ => { });
        if (tokenizer.Model.AddDummyPrefix)
        {
            Item(json, "Strip", static j =>
            {
                j.WriteString("content", " ");
                j.WriteNumber("start", 1);
                j.WriteNumber("stop", 0);
            });
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, LlavaTokenizer tokenizer)
    {
        IReadOnlyList<SentencePiece> pieces = tokenizer.Model.Pieces;
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", pieces[tokenizer.Model.UnknownId].Text);
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", true);
        json.WriteBoolean("byte_fallback", true);
        json.WriteStartObject("vocab");
        for (int id = 0; id < pieces.Count; id++)
        {
            json.WriteNumber(pieces[id].Text, id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((string left, string right) in Merges(pieces))
        {
            // A string: the form with two strings is not known to versions before 0.20. Pieces hold no spaces.
            json.WriteStringValue($"{left} {right}");
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>All pairs of pieces that make a piece, in the order in which SentencePiece prefers them: by the score of what they make.</summary>
    private static IEnumerable<(string Left, string Right)> Merges(IReadOnlyList<SentencePiece> pieces)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (int id = 0; id < pieces.Count; id++)
        {
            if (pieces[id].Type == SentencePieceType.Normal)
            {
                ids.Add(pieces[id].Text, id);
            }
        }

        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> find = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        List<(int Left, int Right, int Whole)> merges = [];
        foreach ((string text, int whole) in ids)
        {
            for (int at = 1; at < text.Length; at++)
            {
                if (find.TryGetValue(text.AsSpan(0, at), out int left) && find.TryGetValue(text.AsSpan(at), out int right))
                {
                    merges.Add((left, right, whole));
                }
            }
        }

        return merges
            .OrderByDescending(m => pieces[m.Whole].Score).ThenBy(static m => m.Whole).ThenBy(static m => m.Left).ThenBy(static m => m.Right)
            .Select(m => (pieces[m.Left].Text, pieces[m.Right].Text));
    }

    private static void Item(Utf8JsonWriter json, string type, Action<Utf8JsonWriter> write)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        write(json);
        json.WriteEndObject();
    }

    // Versions before 0.15 of the tokenizers library know the second key, later ones the third.
    private static void Metaspace(Utf8JsonWriter json, string replacement, string scheme)
    {
        json.WriteString("replacement", replacement);
        json.WriteBoolean("add_prefix_space", scheme != "never");
        json.WriteString("prepend_scheme", scheme);
        json.WriteBoolean("split", false);
    }

    private static void Replace(Utf8JsonWriter json, string kind, string pattern, string content)
    {
        json.WriteStartObject("pattern");
        json.WriteString(kind, pattern);
        json.WriteEndObject();
        json.WriteString("content", content);
    }
}
