using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using LlavaCuda.Formats;
using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Reads and tokenizes all data of a run: while one chunk of samples is encoded by all threads, the next is parsed; they are stored in the
/// order of the files. Whatever is wrong with a sample is found here, before training begins, and all of it is counted.
/// </summary>
internal sealed class TrainingDataReader : IDisposable
{
    private const int ChunkSamples = 512;
    private const long ChunkCharacters = 1 << 23;
    private readonly DataSettings _settings;
    private readonly Action<string> _report;
    private readonly SampleStore _samples = new();
    private readonly SampleEncoder _encoder;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _pictureHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly DataFaults _faults = new();
    private readonly List<string> _emptyTurns = [];
    private readonly List<(int Sample, string Image, long Bytes)> _unreadable = [];
    private int _read;
    private int _skipped;
    private int _truncated;
    private int _beginWithAnswer;
    private int _endWithQuestion;
    private int _emptyTurnCount;

    private TrainingDataReader(DataSettings settings, Action<string> report)
    {
        _settings = settings;
        _report = report;
        _encoder = new SampleEncoder(settings);
    }

    public void Dispose()
    {
        _hash.Dispose();
        _pictureHash.Dispose();
    }

    /// <summary>Reads files one after the other.</summary>
    /// <param name="settings">How samples become token ids.</param>
    /// <param name="files">The files.</param>
    /// <param name="report">Shows a line each about wrong samples, where there are more than the error names.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="InvalidDataException">Something is wrong with the data; the message counts it and names files, samples and
    /// lines.</exception>
    /// <exception cref="FileNotFoundException">A file, or images and nothing else, are missing.</exception>
    internal static TrainingData Read(
        DataSettings settings, IReadOnlyList<string> files, Action<string> report, CancellationToken cancellation)
    {
        using TrainingDataReader reader = new(settings, report);
        foreach (string file in files)
        {
            reader.ReadFile(file, cancellation);
        }

        return reader.Finish();
    }

    private void ReadFile(string file, CancellationToken cancellation)
    {
        using ConversationReader? conversations = TryOpen(file);
        if (conversations is null)
        {
            return;
        }

        Chunk current = new(), next = new();
        bool isMore;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            isMore = next.Read(conversations);
            current.Encoding.GetAwaiter().GetResult();
            Append(current);
            (current, next) = (next, current);
            current.Encode(_encoder);
        }
        while (isMore);

        current.Encoding.GetAwaiter().GetResult();
        Append(current);
    }

    private ConversationReader? TryOpen(string file)
    {
        try
        {
            return new ConversationReader(file);
        }
        catch (InvalidDataException error)
        {
            _faults.AddBroken(error.Message);
            return null;
        }
    }

    private void Append(Chunk chunk)
    {
        for (int i = 0; i < chunk.Count; i++)
        {
            _read++;
            if (chunk.FaultOf(i) is { } fault)
            {
                _faults.AddSample(fault);
            }
            else
            {
                Append(chunk.Sample(i), chunk.Encoded(i));
            }
        }

        if (chunk.Broken is { } broken)
        {
            _faults.AddBroken(broken);
        }

        chunk.Clear();
    }

    private void Append(ConversationSample sample, in SampleEncoding encoding)
    {
        for (int i = 0; i < encoding.ImageBytes.Length; i++)
        {
            if (encoding.ImageBytes[i] < 0 && _settings.OnBadImage == BadImagePolicy.Error)
            {
                _faults.AddMissing($"{Quoted.Name(sample.Images[i])} of {sample.Place}");
            }
        }

        if (encoding.TooLong is { } length)
        {
            if (_settings.TooLong == TooLongPolicy.Skip)
            {
                _skipped++;
            }
            else
            {
                _faults.AddTooLong($"{sample.Place} has {length}");
            }

            return;
        }

        if (encoding.Sample is not { } tokens)
        {
            return;
        }

        _truncated += tokens.Truncated ? 1 : 0;
        Account(sample);
        ReadOnlySpan<int> ids = tokens.Ids, labels = tokens.Labels;
        int supervised = labels[1..].Length - labels[1..].Count(PackedBatch.Ignore);
        int rows = PackedBatch.CountRows(_settings.Config, ids);
        _samples.Add(new TokenizedSample(sample.Place, sample.Images, ids.Length, rows, supervised), ids, labels);
        _hash.AppendData(MemoryMarshal.AsBytes(_samples.Stored(_samples.Count - 1)));
        _hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\n', sample.Images) + '\n'));
        _pictureHash.AppendData(MemoryMarshal.AsBytes<long>(encoding.ImageBytes));
        if (encoding.ImageBytes.AsSpan().IndexOfAnyExceptInRange(1, long.MaxValue) is >= 0 and int unreadable)
        {
            _unreadable.Add((_samples.Count - 1, sample.Images[unreadable], encoding.ImageBytes[unreadable]));
        }
    }

    private void Account(ConversationSample sample)
    {
        IReadOnlyList<Turn> turns = sample.Conversation.Turns;
        bool alternates = _settings.Template.Style is not (TemplateStyle.OneSeparator or TemplateStyle.Plain);
        bool dropsFirst = alternates && turns[0].Role == Role.Assistant;
        _beginWithAnswer += dropsFirst ? 1 : 0;
        _endWithQuestion += turns.Count > 1 && turns[^1].Role == Role.Human ? 1 : 0;
        for (int i = dropsFirst ? 1 : 0; i < turns.Count; i++)
        {
            if (turns[i].Content.All(static p => p.Text is { } text && string.IsNullOrWhiteSpace(text)))
            {
                _emptyTurnCount++;
                if (_emptyTurns.Count < TrainingData.Named)
                {
                    string what = turns[i].Role == Role.Human ? "question" : "answer";
                    _emptyTurns.Add($"{sample.Place}, the {what} of turn {i}");
                }
            }
        }
    }

    private static string Finish(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());

    private TrainingData Finish()
    {
        TrainingData data = new(_samples, Finish(_hash), Finish(_pictureHash))
        {
            Truncated = _truncated,
            Skipped = _skipped,
            BeginWithAnswer = _beginWithAnswer,
            EndWithQuestion = _endWithQuestion,
            EmptyTurns = _emptyTurnCount,
            FirstEmptyTurns = _emptyTurns,
            UnreadableFiles = _unreadable,
        };

        // Where there are other faults as well, whoever mends them wants to know of these, too.
        _faults.Throw(_read, _settings.ImageFolder, _settings.MaxRows, _report, _settings.RequireLoss ? data.WithoutLoss() : []);
        return _samples.Count > 0 ? data : throw new InvalidDataException($"All {_read:N0} samples have more than {_settings.MaxRows} rows; none is left.");
    }

    /// <summary>A few hundred samples that are parsed one after the other and encoded together.</summary>
    private sealed class Chunk
    {
        private readonly List<ConversationSample?> _samples = [];
        private readonly List<string?> _faults = [];
        private readonly SampleEncoding[] _encoded = new SampleEncoding[ChunkSamples];

        internal int Count => _samples.Count;

        internal Task Encoding { get; private set; } = Task.CompletedTask;

        /// <summary>Gets why the rest of the file cannot be read, or null.</summary>
        internal string? Broken { get; private set; }

        internal ConversationSample Sample(int i) => _samples[i]!;

        internal SampleEncoding Encoded(int i) => _encoded[i];

        internal string? FaultOf(int i) => _faults[i] ?? _encoded[i].Fault;

        internal void Clear()
        {
            _samples.Clear();
            _faults.Clear();
            Array.Clear(_encoded);
            Broken = null;
        }

        /// <summary>Parses samples.</summary>
        /// <returns>Whether the file has more.</returns>
        internal bool Read(ConversationReader reader)
        {
            long characters = 0;
            try
            {
                while (_samples.Count < ChunkSamples && characters < ChunkCharacters)
                {
                    if (!reader.Read(out ConversationSample? sample, out string? fault))
                    {
                        return false;
                    }

                    _samples.Add(sample);
                    _faults.Add(fault);
                    characters += sample?.Characters ?? 0;
                }
            }
            catch (InvalidDataException error)
            {
                Broken = error.Message;
                return false;
            }

            return true;
        }

        internal void Encode(SampleEncoder encoder) => Encoding = Task.Run(() => Parallel.For(0, _samples.Count, i =>
        {
            if (_samples[i] is { } sample)
            {
                _encoded[i] = encoder.Encode(sample);
            }
        }));
    }
}
