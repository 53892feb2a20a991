using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Data;

/// <summary>Turns samples into tokens and checks what can be wrong with one of them. Safe for use by several threads.</summary>
internal sealed class SampleEncoder
{
    private readonly DataSettings _settings;

    // The most characters that the rows of a sample can hold, or null where a token may stand for any number of them.
    private readonly long? _mostCharacters;

    internal SampleEncoder(DataSettings settings)
    {
        _settings = settings;
        LlavaTokenizer tokenizer = settings.Tokenizer;
        if (tokenizer.Model.ByteFallback && !tokenizer.AddedTokens.Any(static t => t.StripLeft || t.StripRight))
        {
            IEnumerable<string> tokens = tokenizer.Model.Pieces.Select(static p => p.Text).Concat(tokenizer.AddedTokens.Select(static t => t.Content));
            _mostCharacters = (long)settings.MaxRows * tokens.Max(static t => t.Length);
        }
    }

    internal SampleEncoding Encode(ConversationSample sample)
    {
        try
        {
            long[] sizes = ImageSizes(sample);
            return Encode(sample, sizes);
        }
        catch (Exception error) when (error is InvalidDataException or ArgumentException)
        {
            return new SampleEncoding(null, [], null, $"{sample.Place}: {error.Message.TrimEnd('.')}");
        }
    }

    private static string Rows(long rows) => $"{rows:N0}";

    private SampleEncoding Encode(ConversationSample sample, long[] sizes)
    {
        bool truncates = _settings.TooLong == TooLongPolicy.Truncate;
        if (sample.Oversized is { } oversized)
        {
            return truncates
                ? throw new InvalidDataException($"{oversized}, more than is read to cut it; use --too-long skip, or shorten it")
                : new SampleEncoding(null, sizes, $"too much text: {oversized}", null);
        }

        if (sample.Conversation.ImageCount != sample.Images.Length)
        {
            throw new InvalidDataException(
                $"it has {Count(sample.Images.Length, "image")}, but {Count(sample.Conversation.ImageCount, "<image> mark")} in its text");
        }

        Conversation conversation = sample.Conversation;
        long characters = Characters(conversation);
        if (characters > _mostCharacters)
        {
            if (!truncates)
            {
                return new SampleEncoding(null, sizes, $"more: its text has {Rows(characters)} characters", null);
            }

            conversation = Beginning(conversation, 2 * _mostCharacters.Value);
        }

        ConversationTemplate template = sample.System is { } system ? WithSystem(system) : _settings.Template;
        EncodedSample encoded = PromptEncoder.EncodeTraining(template, conversation, _settings.Tokenizer, _settings.ImageOrder, null);
        int vocabulary = _settings.Config.Text.VocabularySize;
        if (encoded.Ids.AsSpan().ContainsAnyExceptInRange(PackedBatch.ImageToken, vocabulary - 1))
        {
            throw new InvalidDataException($"the tokenizer gives id {encoded.Ids.Max()}, but the model's vocabulary has {vocabulary}");
        }

        int rows = PackedBatch.CountRows(_settings.Config, encoded.Ids);
        if (rows <= _settings.MaxRows)
        {
            RequireAllImages(encoded, sample);
            return new SampleEncoding(encoded, sizes, null, null);
        }

        if (!truncates)
        {
            return new SampleEncoding(null, sizes, Rows(rows), null);
        }

        int fitting = Fitting(encoded.Ids);
        EncodedSample cut = encoded with
        {
            Ids = encoded.Ids[..fitting],
            Labels = encoded.Labels[..fitting],
            ImageCount = encoded.Ids.AsSpan(0, fitting).Count(PackedBatch.ImageToken),
            Truncated = true,
        };
        if (cut.ImageCount != sample.Images.Length)
        {
            throw new InvalidDataException(
                $"an image lies beyond row {_settings.MaxRows} and cannot be cut off; raise --max-length or use --too-long skip");
        }

        return new SampleEncoding(cut, sizes, null, null);
    }

    // A first turn of the assistant is left out, and an image of it would be too.
    private static void RequireAllImages(EncodedSample encoded, ConversationSample sample)
    {
        if (encoded.ImageCount != sample.Images.Length)
        {
            throw new InvalidDataException(
                $"it has {Count(sample.Images.Length, "image")}, but the template leaves room for {encoded.ImageCount}");
        }
    }

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? string.Empty : "s")}";

    private long Characters(Conversation conversation) =>
        conversation.Turns.Where((_, i) => IsEncoded(conversation, i)).Sum(static turn => turn.Content.Sum(static part => (long)(part.Text?.Length ?? 0)));

    // The text of a caption's question is dropped, and so is an answer that nothing was asked before.
    private bool IsEncoded(Conversation conversation, int turn) => _settings.Template.Style switch
    {
        TemplateStyle.Plain => conversation.Turns[turn].Role == Role.Assistant,
        TemplateStyle.OneSeparator => true,
        _ => turn > 0 || conversation.Turns[turn].Role == Role.Human,
    };

    // What lies behind the rows that are kept need not be encoded; far enough behind, it has no influence on their tokens.
    private Conversation Beginning(Conversation conversation, long characters)
    {
        List<Turn> turns = [];
        long left = characters;
        foreach (Turn turn in conversation.Turns.TakeWhile(_ => left > 0))
        {
            if (!IsEncoded(conversation, turns.Count))
            {
                turns.Add(turn);
                continue;
            }

            List<ContentPart> content = [];
            foreach (ContentPart part in turn.Content.TakeWhile(_ => left > 0))
            {
                int length = (int)Math.Min(part.Text?.Length ?? 0, left);
                length -= length > 0 && length < part.Text!.Length && char.IsHighSurrogate(part.Text[length - 1]) ? 1 : 0;
                content.Add(part.IsImage ? part : new ContentPart(part.Text![..length]));
                left -= Math.Max(length, 1);
            }

            turns.Add(new Turn(turn.Role, content));
        }

        return new Conversation(turns, conversation.Id);
    }

    private long[] ImageSizes(ConversationSample sample)
    {
        long[] sizes = new long[sample.Images.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            if (_settings.ImageFolder is null && !Path.IsPathRooted(sample.Images[i]))
            {
                throw new InvalidDataException("it has images; give the folder that their paths begin at (--images)");
            }

            FileInfo file = new(Path.Combine(_settings.ImageFolder ?? string.Empty, sample.Images[i]));
            sizes[i] = file.Exists ? file.Length : -1;
        }

        return sizes;
    }

    private ConversationTemplate WithSystem(string text) => _settings.Template.Style == TemplateStyle.Plain
        ? throw new InvalidDataException($"template {_settings.Template.Name} has no place for a system text")
        : _settings.Template.WithSystem(text);

    // The number of tokens whose rows fit. Images are whole or not at all.
    private int Fitting(ReadOnlySpan<int> ids)
    {
        int rows = 0, count = 0;
        while (count < ids.Length && rows + RowsOf(ids[count]) <= _settings.MaxRows)
        {
            rows += RowsOf(ids[count++]);
        }

        return count;
    }

    private int RowsOf(int id) => id == PackedBatch.ImageToken ? _settings.Config.RowsPerImage : 1;
}
