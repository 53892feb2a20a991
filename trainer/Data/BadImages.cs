namespace LlavaCuda.Trainer.Data;

/// <summary>
/// The samples with images that cannot be read, as far as they are known: found before the first step, by the check that runs ahead of the training, or by the loader. Any thread may
/// add to them.
/// </summary>
public sealed class BadImages
{
    /// <summary>How many an error names.</summary>
    internal const int Named = 5;

    private readonly Lock _gate = new();
    private readonly SampleStore _samples;
    private readonly int _withImages;
    private readonly Dictionary<int, string> _reasons = [];
    private readonly List<(int Sample, string Line)> _news = [];
    private volatile int _count;
    private volatile int _newsCount;

    /// <summary>Initializes a new instance of the <see cref="BadImages"/> class, empty.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="policy">What becomes of those with bad images.</param>
    public BadImages(SampleStore samples, BadImagePolicy policy)
    {
        _samples = samples;
        _withImages = Enumerable.Range(0, samples.Count).Count(i => samples[i].Images.Count > 0);
        Policy = policy;
    }

    /// <summary>Gets what becomes of the samples.</summary>
    public BadImagePolicy Policy { get; }

    /// <summary>Gets the number of samples that have a bad image.</summary>
    public int Count => _count;

    /// <summary>Gets a value indicating whether <see cref="TakeNews"/> has something.</summary>
    internal bool HasNews => _newsCount > 0;

    /// <summary>Tells whether reading an image failed for a reason that lies in its file.</summary>
    internal static bool IsOfFile(Exception error) => error is IOException or InvalidDataException or UnauthorizedAccessException or NotSupportedException;

    /// <summary>Tells whether training leaves a sample out.</summary>
    /// <param name="sample">The sample's number.</param>
    /// <returns>Whether it has a bad image, and the policy is to skip it.</returns>
    internal bool LeavesOut(int sample) => Policy == BadImagePolicy.Skip && IsKnown(sample);

    /// <summary>Tells whether a sample is known to have a bad image.</summary>
    internal bool IsKnown(int sample)
    {
        if (_count == 0)
        {
            return false;
        }

        lock (_gate)
        {
            return _reasons.ContainsKey(sample);
        }
    }

    /// <summary>Adds a sample.</summary>
    /// <param name="sample">The sample's number.</param>
    /// <param name="image">The path of an image of it, as the data has it.</param>
    /// <param name="error">What is wrong with the image; the message names the file.</param>
    /// <param name="folder">The folder that paths of images begin at.</param>
    /// <returns>The error that names sample and file.</returns>
    /// <exception cref="InvalidDataException">The folder of images is gone: that is no matter of single images, which may be skipped.</exception>
    internal InvalidDataException Add(int sample, string image, Exception error, string folder)
    {
        string line = $"{_samples[sample].Place}: {error.Message}";
        if (Policy == BadImagePolicy.Skip && folder.Length > 0 && !Path.IsPathRooted(image) && !Directory.Exists(folder))
        {
            throw new InvalidDataException($"{line} The folder of images {folder} is not there any more.", error);
        }

        lock (_gate)
        {
            if (_reasons.TryAdd(sample, line))
            {
                _news.Add((sample, line));
                _newsCount = _news.Count;
                _count = _reasons.Count;
            }

        }

        return new InvalidDataException(line, error);
    }

    /// <summary>Refuses to go on without any image.</summary>
    /// <exception cref="InvalidDataException">All samples that have images are left out.</exception>
    internal void RequireSome()
    {
        if (_count > 0 && _count == _withImages && Policy == BadImagePolicy.Skip)
        {
            throw new InvalidDataException($"None of the {_withImages:N0} samples with an image can be read: {Describe()}.");
        }
    }

    /// <summary>Takes what was found since the last call, in the order of finding.</summary>
    internal IReadOnlyList<(int Sample, string Line)> TakeNews()
    {
        lock (_gate)
        {
            List<(int, string)> news = [.. _news];
            _news.Clear();
            _newsCount = 0;
            return news;
        }
    }

    /// <summary>Lists what is wrong, in the order of the data.</summary>
    internal IReadOnlyList<string> Lines()
    {
        lock (_gate)
        {
            return [.. _reasons.OrderBy(static pair => pair.Key).Select(static pair => pair.Value)];
        }
    }

    /// <summary>Names the first few as one text.</summary>
    internal string Describe()
    {
        IReadOnlyList<string> lines = Lines();
        return string.Join("; ", lines.Take(Named).Select(static line => line.TrimEnd('.'))) + (lines.Count > Named ? $"; and {lines.Count - Named:N0} more" : string.Empty);
    }
}
