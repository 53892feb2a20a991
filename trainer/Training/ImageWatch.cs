using System.Globalization;
using System.Text.Json;
using LlavaCuda.Checkpoints;
using LlavaCuda.Images;
using LlavaCuda.Trainer.Data;
using LlavaCuda.Trainer.Metrics;

namespace LlavaCuda.Trainer.Training;

/// <summary>
/// Keeps an eye on the image files of a run: before the first step at least at their heads, during the training ahead of it, and reports every bad one once, on the output and in
/// <c>bad_images.jsonl</c>. All calls come from the thread that runs the training.
/// </summary>
internal sealed class ImageWatch : IDisposable
{
    /// <summary>The name of the file that lists the bad images.</summary>
    internal const string LogName = "bad_images.jsonl";

    private const int MostLines = 50;
    private readonly TrainingOptions _options;
    private readonly TrainingSetup _setup;
    private readonly ITrainingOutput _output;
    private readonly string _folder;
    private readonly ImageReadOptions _files;
    private readonly List<string> _unlogged = [];
    private HashSet<string>? _listed;
    private ImageLookahead? _ahead;
    private bool _logs;
    private bool _logFailed;
    private int _told;

    internal ImageWatch(TrainingOptions options, TrainingSetup setup, ITrainingOutput output)
    {
        _options = options;
        _setup = setup;
        _output = output;
        _folder = options.Images ?? string.Empty;
        _files = options.ImageFiles;
        Bad = new BadImages(setup.Data.Samples, options.OnBadImage);
    }

    /// <summary>Gets the samples with bad images that are known.</summary>
    internal BadImages Bad { get; }

    private string LogPath => Path.Combine(_options.Out, LogName);

    /// <inheritdoc/>
    public void Dispose() => _ahead?.Dispose();

    /// <summary>Looks at all files before the first step: at sizes and heads, or at everything where that was asked for.</summary>
    /// <param name="firstStep">The step that training will go on from.</param>
    /// <param name="cancellation">Ends the check.</param>
    /// <exception cref="InvalidDataException">Some are bad and may not be skipped, or none is left; the message counts and names them.</exception>
    internal void CheckBefore(long firstStep, CancellationToken cancellation)
    {
        foreach ((int sample, string image, long bytes) in _setup.Data.UnreadableFiles)
        {
            string path = Path.Combine(_folder, image);
            Bad.Add(sample, image, bytes < 0 ? new FileNotFoundException($"{path}: the file is missing.") : new InvalidDataException($"{path}: the file is empty (0 bytes)."), _folder);
        }

        ImageCheck check = new(_setup.Data.Samples, _folder, Bad, _output.Write, _files);
        if (_options.DecodeFirst)
        {
            check.Decode(_setup.NewOrder(), firstStep, cancellation);
            _output.Write($"all image files were decoded; {Bad.Count:N0} samples have a bad one");
        }
        else
        {
            check.LookAtHeads(_setup.NewOrder(), firstStep, ImageCheck.HeadsLimit, cancellation);
        }

        if (_options.OnBadImage == BadImagePolicy.Skip)
        {
            Report(firstStep);
        }

        if (Bad.Count > 0 && _options.OnBadImage == BadImagePolicy.Error)
        {
            if (Bad.Count > BadImages.Named)
            {
                Bad.Lines().Take(MostLines).ToList().ForEach(_output.Warn);
            }

            throw new InvalidDataException(
                $"{Bad.Count:N0} of {_setup.Data.Samples.Count:N0} samples have an image that cannot be read: {Bad.Describe()}. Repair them, or leave the samples out with --on-bad-image skip.");
        }
    }

    /// <summary>Begins to check ahead of the training.</summary>
    /// <param name="firstStep">The step that training goes on from.</param>
    internal void Start(long firstStep)
    {
        if (firstStep == 0)
        {
            TryLog(() => File.Delete(LogPath));
        }

        _logs = true;
        WriteLog();
        _ahead = new ImageLookahead(_setup.Data.Samples, _setup.NewOrder(), Bad, _folder, firstStep, _setup.Steps, _files);
    }

    /// <summary>Tells what was found; allocates nothing where nothing was.</summary>
    /// <param name="step">Steps made so far.</param>
    /// <param name="ending">The error that the run ends with, or null.</param>
    /// <exception cref="InvalidDataException">No image is left to learn from.</exception>
    internal void Report(long step, Exception? ending = null)
    {
        _ahead?.Reach(step);
        if (!Bad.HasNews)
        {
            return;
        }

        List<(int Sample, string Line)> news = [.. Bad.TakeNews()];
        foreach ((_, string line) in news)
        {
            if (line != ending?.Message && _told++ < MostLines)
            {
                _output.Warn((Bad.Policy, ending) switch
                {
                    (BadImagePolicy.Skip, _) => $"left out: {line}",
                    (_, null) => $"{line} The run ends when it comes to this sample; repair the file before, or start again with --on-bad-image skip.",
                    _ => $"also bad: {line}",
                });
            }
        }

        _unlogged.AddRange(news.Select(static found => found.Line));
        WriteLog();
        Bad.RequireSome();
    }

    /// <summary>Counts and names at the end what was left out.</summary>
    internal void Summarize()
    {
        if (Bad.Count > 0 && Bad.Policy == BadImagePolicy.Skip)
        {
            _output.Warn($"{Bad.Count:N0} of {_setup.Data.Samples.Count:N0} samples were left out, because an image of theirs cannot be read: {Bad.Describe()}. {LogPath} lists them all.");
        }
    }

    // Not before the folder is the run's own.
    private void WriteLog()
    {
        if (_logs && _unlogged.Count > 0)
        {
            TryLog(() => Log(_unlogged));
            _unlogged.Clear();
        }
    }

    // A run that goes on finds the same files again; they are listed once.
    private void Log(List<string> lines)
    {
        HashSet<string> listed = _listed ??= KeepLog();
        using FileStream file = new(LogPath, FileMode.Append, FileAccess.Write, FileShare.Read);
        foreach (string line in lines)
        {
            using MemoryStream row = new();
            using (Utf8JsonWriter json = new(row, ConfigText.Indented with { Indented = false }))
            {
                json.WriteStartObject();
                json.WriteString("error", line);
                json.WriteEndObject();
            }

            string text = System.Text.Encoding.UTF8.GetString(row.ToArray());
            if (listed.Add(text))
            {
                file.Write(System.Text.Encoding.UTF8.GetBytes(text + "\n"));
            }
        }
    }

    // Into a new file: the name may be a link's, or that of a pipe, which would never let itself be opened.
    private HashSet<string> KeepLog()
    {
        HashSet<string> listed = [];
        AtomicFile.Write(LogPath, stream =>
        {
            foreach ((ReadOnlyMemory<byte> line, int _) in LogLines.Read(LogPath))
            {
                stream.Write(line.Span);
                stream.Write("\n"u8);
                listed.Add(System.Text.Encoding.UTF8.GetString(line.Span));
            }
        });
        return listed;
    }

    private void TryLog(Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (!_logFailed)
            {
                _output.Warn(string.Create(CultureInfo.InvariantCulture, $"{LogPath} could not be written; the run goes on without it: {error.Message}"));
            }

            _logFailed = true;
        }
    }
}
