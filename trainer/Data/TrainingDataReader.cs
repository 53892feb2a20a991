using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Reads and tokenises all data of a run: a chunk of samples at a time is parsed, encoded by all threads, and stored in the order of the files. Whatever is wrong with a sample
/// is found here, before training begins.
/// </summary>
internal sealed class TrainingDataReader : IDisposable
{
    private const int ChunkSamples = 512;
    private const int Named = 5;
    private readonly DataSettings _settings;
    private readonly SampleStore _samples = new();
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _pictureHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<string> _missing = [];
    private readonly List<string> _tooLong = [];
    private int _read;
    private int _missingCount;
    private int _tooLongCount;
    private int _truncated;
    private int _beginWithAnswer;

    private TrainingDataReader(DataSettings settings) => _settings = settings;

    public void Dispose()
    {
        _hash.Dispose();
        _pictureHash.Dispose();
    }

    /// <summary>Reads files one after the other.</summary>
    internal static TrainingData Read(DataSettings settings, IReadOnlyList<string> files, CancellationToken cancellation)
    {
        using TrainingDataReader reader = new(settings);
        foreach (string file in files)
        {
            reader.ReadFile(file, cancellation);
        }

        return reader.Finish();
    }

    private void ReadFile(string file, CancellationToken cancellation)
    {
        using ConversationReader conversations = new(file);
        List<ConversationSample> chunk = [];
        Encoded[] encoded = new Encoded[ChunkSamples];
        do
        {
            cancellation.ThrowIfCancellationRequested();
            chunk.Clear();
            while (chunk.Count < ChunkSamples && conversations.Read() is { } sample)
            {
                chunk.Add(sample);
            }

            Parallel.For(0, chunk.Count, i => encoded[i] = TryEncode(chunk[i]));
            for (int i = 0; i < chunk.Count; i++)
            {
                Append(chunk[i], encoded[i]);
            }
        }
        while (chunk.Count == ChunkSamples);
    }

    private Encoded TryEncode(ConversationSample sample)
    {
        try
        {
            EncodedSample encoded = PromptEncoder.EncodeTraining(_settings.Template, sample.Conversation, _settings.Tokenizer, _settings.ImageOrder, maxLength: null);
            if (encoded.ImageCount != sample.Images.Length)
            {
                throw new InvalidDataException($"'image' names {sample.Images.Length} pictures, but the text has room for {encoded.ImageCount}");
            }

            if (encoded.Ids.AsSpan().ContainsAnyExceptInRange(PackedBatch.ImageToken, _settings.Config.Text.VocabularySize - 1))
            {
                throw new InvalidDataException($"the tokenizer gives id {encoded.Ids.Max()}, but the model's vocabulary has {_settings.Config.Text.VocabularySize}");
            }

            long[] sizes = new long[sample.Images.Length];
            for (int i = 0; i < sizes.Length; i++)
            {
                FileInfo file = new(Path.Combine(_settings.ImageFolder ?? string.Empty, sample.Images[i]));
                sizes[i] = file.Exists ? file.Length : -1;
            }

            return new Encoded(encoded, sizes, null);
        }
        catch (Exception error) when (error is InvalidDataException or ArgumentException)
        {
            return new Encoded(null, [], new InvalidDataException($"{sample.Place}: {error.Message.TrimEnd('.')}.", error));
        }
    }

    private void Append(ConversationSample sample, in Encoded encoded)
    {
        _read++;
        if (encoded.Sample is not { } tokens)
        {
            throw encoded.Error!;
        }

        if (sample.Images.Length > 0 && _settings.ImageFolder is null)
        {
            throw new InvalidDataException($"{sample.Place} has pictures; give the folder that their paths begin at (--images).");
        }

        CountMissing(sample, encoded.ImageBytes);
        ReadOnlySpan<int> ids = tokens.Ids, labels = tokens.Labels;
        int rows = PackedBatch.CountRows(_settings.Config, ids);
        if (rows > _settings.MaxRows)
        {
            _tooLongCount++;
            if (_settings.TooLong == TooLongPolicy.Truncate)
            {
                ids = ids[..Fitting(sample.Place, ids)];
                labels = labels[..ids.Length];
                rows = PackedBatch.CountRows(_settings.Config, ids);
                _truncated++;
            }
            else
            {
                Name(_tooLong, $"{sample.Place} has {rows}");
                return;
            }
        }

        _beginWithAnswer += sample.Conversation.Turns[0].Role == Role.Assistant && _settings.Template.Style is not (TemplateStyle.OneSeparator or TemplateStyle.Plain) ? 1 : 0;
        int supervised = labels[1..].Length - labels[1..].Count(PackedBatch.Ignore);
        _samples.Add(new TokenizedSample(sample.Place, sample.Images, ids.Length, rows, supervised), ids, labels);
        _hash.AppendData(MemoryMarshal.AsBytes(_samples.Stored(_samples.Count - 1)));
        _hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\n', sample.Images) + '\n'));
        _pictureHash.AppendData(MemoryMarshal.AsBytes<long>(encoded.ImageBytes));
    }

    // The number of tokens whose rows fit. Pictures are whole or not at all, and none may be lost.
    private int Fitting(SamplePlace place, ReadOnlySpan<int> ids)
    {
        int rows = 0, count = 0;
        while (count < ids.Length && rows + Rows(ids[count]) <= _settings.MaxRows)
        {
            rows += Rows(ids[count++]);
        }

        return ids[count..].Contains(PackedBatch.ImageToken)
            ? throw new InvalidDataException($"{place}: a picture lies beyond row {_settings.MaxRows} and cannot be cut off; raise --max-length or use --too-long skip.")
            : count;
    }

    private int Rows(int id) => id == PackedBatch.ImageToken ? _settings.Config.RowsPerImage : 1;

    private void CountMissing(ConversationSample sample, long[] bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] < 0)
            {
                _missingCount++;
                Name(_missing, $"'{sample.Images[i]}' of {sample.Place}");
            }
        }
    }

    private static void Name(List<string> names, string name)
    {
        if (names.Count < Named)
        {
            names.Add(name);
        }
    }

    private TrainingData Finish()
    {
        if (_missingCount > 0)
        {
            throw new FileNotFoundException($"{_missingCount:N0} pictures are missing in {_settings.ImageFolder}: {string.Join(", ", _missing)}{(_missingCount > Named ? ", ..." : string.Empty)}.");
        }

        if (_tooLongCount > 0 && _settings.TooLong == TooLongPolicy.Error)
        {
            throw new InvalidDataException(
                $"{_tooLongCount:N0} of {_read:N0} samples have more than {_settings.MaxRows} rows: {string.Join(", ", _tooLong)}{(_tooLongCount > Named ? ", ..." : string.Empty)}; raise --max-length, or choose --too-long truncate or skip.");
        }

        return _samples.Count == 0
            ? throw new InvalidDataException($"All {_read:N0} samples have more than {_settings.MaxRows} rows; none is left.")
            : new TrainingData(_samples, Convert.ToHexStringLower(_hash.GetHashAndReset()), Convert.ToHexStringLower(_pictureHash.GetHashAndReset()))
            {
                Truncated = _truncated,
                Skipped = _tooLongCount - _truncated,
                BeginWithAnswer = _beginWithAnswer,
            };
    }

    private readonly record struct Encoded(EncodedSample? Sample, long[] ImageBytes, InvalidDataException? Error);
}
