namespace LlavaCuda.Trainer.Data;

/// <summary>What is wrong with the data of a run: all of it is counted, the first of it is named, and one error says so.</summary>
internal sealed class DataFaults
{
    private const int Named = 5;
    private const int Listed = 50;
    private readonly List<string> _broken = [];
    private readonly Kind _samples = new();
    private readonly Kind _missing = new();
    private readonly Kind _tooLong = new();

    /// <summary>Notes that the rest of a file cannot be read.</summary>
    internal void AddBroken(string sentence) => _broken.Add(sentence);

    /// <summary>Notes a sample that cannot be used.</summary>
    internal void AddSample(string line) => _samples.Add(line);

    /// <summary>Notes an image that is not there.</summary>
    internal void AddMissing(string clause) => _missing.Add(clause);

    /// <summary>Notes a sample that is longer than allowed.</summary>
    internal void AddTooLong(string clause) => _tooLong.Add(clause);

    /// <summary>Throws if there is anything.</summary>
    /// <param name="read">The number of samples that were read.</param>
    /// <param name="folder">The folder of images.</param>
    /// <param name="maxRows">The most rows of a sample.</param>
    /// <param name="report">Shows a line each, where there are more than the error names.</param>
    /// <param name="further">Sentences about samples that can be used but may be wrong; they alone are no reason to throw.</param>
    /// <exception cref="InvalidDataException">Samples or files are wrong.</exception>
    /// <exception cref="FileNotFoundException">Images are missing, and nothing else is wrong.</exception>
    internal void Throw(int read, string? folder, int maxRows, Action<string> report, IEnumerable<string> further)
    {
        List<string> all = [.. _broken];
        bool isFolder = folder is null || Directory.Exists(folder);
        _samples.Report(string.Empty, report);
        if (isFolder)
        {
            // Else the folder is what is wrong.
            _missing.Report("missing: ", report);
        }

        _tooLong.Report("too long: ", report);

        if (_samples.Count == 1 && _broken.Count == 0)
        {
            all.Add($"{_samples.First}.");
        }
        else if (_samples.Count > 0)
        {
            all.Add($"{_samples.Count:N0} of {read:N0} samples cannot be used: {_samples.Names()}.");
        }

        if (_missing.Count > 0)
        {
            string what = _missing.Count == 1 ? "1 image is missing" : $"{_missing.Count:N0} images are missing";
            string where = folder is null ? string.Empty : isFolder ? $" in {folder}" : $" in {folder}, which is no folder";
            all.Add($"{what}{where}: {_missing.Names()}.");
        }

        if (_tooLong.Count > 0)
        {
            all.Add($"{_tooLong.Count:N0} of {read:N0} samples have more than {maxRows} rows: {_tooLong.Names()}; "
                + "raise --max-length, or choose --too-long truncate or skip.");
        }

        if (all.Count > 0)
        {
            all.AddRange(further);
            string message = string.Join(' ', all);
            throw all.Count == 1 && _missing.Count > 0 ? new FileNotFoundException(message) : new InvalidDataException(message);
        }
    }

    private sealed class Kind
    {
        private readonly List<string> _listed = [];

        internal int Count { get; private set; }

        internal string First => _listed[0];

        internal void Add(string text)
        {
            Count++;
            if (_listed.Count < Listed)
            {
                _listed.Add(text);
            }
        }

        internal string Names() => string.Join("; ", _listed.Take(Named)) + (Count > Named ? "; ..." : string.Empty);

        // Those that the error names are not said twice.
        internal void Report(string what, Action<string> report)
        {
            if (Count > Named)
            {
                _listed[Named..].ForEach(line => report(what + line));
                if (Count > _listed.Count)
                {
                    report($"and {Count - _listed.Count:N0} more");
                }
            }
        }
    }
}
