using System.Diagnostics;
using LlavaCuda.Images;
using LlavaCuda.Models;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Packs micro-batches ahead of the training thread: each of a few threads decodes the pictures of one micro-batch at a time; a ring of reusable batches bounds how far ahead
/// they run. Batches come out in the order of the steps, whatever the number of threads. Where bad images are skipped, a step in which one is found begins again without its sample, so that
/// the step's batches do not depend on when it was found.
/// </summary>
public sealed class BatchLoader : IDisposable
{
    private readonly SampleStore _samples;
    private readonly SampleOrder _order;
    private readonly ImageProcessor _processor;
    private readonly string _imageFolder;
    private readonly ImageReadOptions? _files;
    private readonly BadImages? _bad;
    private readonly StepContents _contents;
    private readonly int _perBatch;
    private readonly long _endStep;
    private readonly LoadedBatch[] _ring;
    private readonly Thread[] _threads;
    private readonly object _gate = new();
    private long _step;
    private int _within;
    private long _begun;
    private long _taken;
    private int _filling;
    private bool _rewinding;
    private bool _stopped;

    /// <summary>Initializes a new instance of the <see cref="BatchLoader"/> class and starts its threads.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="order">Which of them make up which step; used by the loader alone from now on.</param>
    /// <param name="config">The model.</param>
    /// <param name="processor">Prepares pictures.</param>
    /// <param name="imageFolder">The folder that paths of pictures begin at.</param>
    /// <param name="perBatch">Samples a micro-batch, at most.</param>
    /// <param name="firstStep">The first step to load.</param>
    /// <param name="endStep">The step to stop before.</param>
    /// <param name="threads">Number of threads.</param>
    /// <param name="bad">Receives samples with bad images, and says what becomes of them; without it the first is an error.</param>
    /// <param name="files">How image files are read; null for the defaults.</param>
    public BatchLoader(
        SampleStore samples, SampleOrder order, LlavaConfig config, ImageProcessor processor, string imageFolder, int perBatch, long firstStep, long endStep, int threads, BadImages? bad = null,
        ImageReadOptions? files = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perBatch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _samples = samples;
        _order = order;
        _processor = processor;
        _imageFolder = imageFolder;
        _bad = bad;
        _files = files;
        _contents = new StepContents(samples, bad);
        _perBatch = perBatch;
        _step = firstStep;
        _endStep = endStep;
        _ring = [.. Enumerable.Range(0, threads + 1).Select(_ => new LoadedBatch(config))];
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(Work) { IsBackground = true, Name = $"batch loader {i}" })];
        Array.ForEach(_threads, static thread => thread.Start());
    }

    /// <summary>Gets the time that <see cref="Take"/> spent waiting for the threads.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>Takes the next micro-batch and gives the one before back.</summary>
    /// <returns>The batch, valid until the next call.</returns>
    /// <exception cref="InvalidDataException">A picture cannot be read; the message names file and sample.</exception>
    /// <exception cref="InvalidOperationException">There is no batch left.</exception>
    public LoadedBatch Take()
    {
        long start = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            long number = _taken++;
            LoadedBatch batch = _ring[number % _ring.Length];
            WaitFor(batch, number);
            while (batch.IsStale)
            {
                Rewind(batch.Step, number);
                WaitFor(batch, number);
            }

            Waited += Stopwatch.GetElapsedTime(start);
            return batch.Error is null ? batch : throw batch.Error;
        }
    }

    /// <summary>Looks at the micro-batch behind the one that was taken last, if it is ready.</summary>
    /// <returns>What the next <see cref="Take"/> will give, or null.</returns>
    internal LoadedBatch? Peek()
    {
        lock (_gate)
        {
            LoadedBatch next = _ring[_taken % _ring.Length];
            return next.Ready == _taken && next is { Error: null, IsStale: false } ? next : null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        Array.ForEach(_threads, static thread => thread.Join());
    }

    private void WaitFor(LoadedBatch batch, long number)
    {
        Monitor.PulseAll(_gate);
        while (batch.Ready != number)
        {
            if (_stopped || (_step >= _endStep && number >= _begun))
            {
                throw new InvalidOperationException("All micro-batches were taken.");
            }

            Monitor.Wait(_gate);
        }
    }

    // Drops what was filled from this number on, and begins its step again there.
    private void Rewind(long step, long number)
    {
        _rewinding = true;
        while (_filling > 0)
        {
            Monitor.Wait(_gate);
        }

        Array.ForEach(_ring, static batch => batch.Ready = -1);
        (_step, _within, _begun, _rewinding) = (step, 0, number, false);
    }

    private void Work()
    {
        int[] scratch = [];
        while (Begin(out long number) is { } batch)
        {
            try
            {
                Fill(batch, ref scratch);
            }
            catch (Exception error)
            {
                batch.Error = error;
            }

            lock (_gate)
            {
                batch.Ready = number;
                _filling--;
                Monitor.PulseAll(_gate);
            }
        }
    }

    // Waits for a place in the ring that the training thread does not hold, and says what goes there; null when the loader stops.
    private LoadedBatch? Begin(out long number)
    {
        lock (_gate)
        {
            while (!_stopped && (_rewinding || _step >= _endStep || _begun >= Math.Max(_taken - 1, 0) + _ring.Length))
            {
                Monitor.Wait(_gate);
            }

            number = _begun;
            if (_stopped)
            {
                return null;
            }

            _begun++;
            _filling++;
            LoadedBatch batch = _ring[number % _ring.Length];
            if (_within == 0)
            {
                _contents.Assign(_step, _order.Step(_step));
            }

            int count = Math.Min(_perBatch, _contents.Samples.Length - _within);
            batch.Assign(_contents, _within, count);
            _within += count;
            if (batch.IsLast)
            {
                _step++;
                _within = 0;
            }

            return batch;
        }
    }

    private void Fill(LoadedBatch batch, ref int[] scratch)
    {
        batch.Batch.Clear();
        foreach (int sample in batch.Samples)
        {
            _samples.AddTo(batch.Batch, sample, ref scratch);
            foreach (string image in _samples[sample].Images)
            {
                try
                {
                    _processor.Process(ImageFile.Read(Path.Combine(_imageFolder, image), _files), batch.Batch.AddImage());
                }
                catch (Exception error) when (BadImages.IsOfFile(error))
                {
                    // What is left of the batch is read too, so that a step with several bad images begins again once.
                    batch.IsStale = Refuse(sample, image, error);
                    break;
                }
            }
        }
    }
    private bool Refuse(int sample, string image, Exception error)
    {
        InvalidDataException named = _bad?.Add(sample, image, error, _imageFolder) ?? new InvalidDataException($"{_samples[sample].Place}: {error.Message}", error);
        return _bad is { Policy: BadImagePolicy.Skip } ? true : throw named;
    }
}
