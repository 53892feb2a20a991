using System.Diagnostics;
using LlavaCuda.Images;
using LlavaCuda.Models;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Packs micro-batches ahead of the training thread: each of a few threads decodes the pictures of one micro-batch at a time; a ring of reusable batches bounds how far ahead
/// they run. Batches come out in the order of the steps, whatever the number of threads.
/// </summary>
public sealed class BatchLoader : IDisposable
{
    private readonly SampleStore _samples;
    private readonly SampleOrder _order;
    private readonly ImageProcessor _processor;
    private readonly string _imageFolder;
    private readonly int _perBatch;
    private readonly long _endStep;
    private readonly LoadedBatch[] _ring;
    private readonly Thread[] _threads;
    private readonly object _gate = new();
    private long _step;
    private int _within;
    private long _begun;
    private long _taken;
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
    public BatchLoader(
        SampleStore samples, SampleOrder order, LlavaConfig config, ImageProcessor processor, string imageFolder, int perBatch, long firstStep, long endStep, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perBatch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _samples = samples;
        _order = order;
        _processor = processor;
        _imageFolder = imageFolder;
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
            Monitor.PulseAll(_gate);
            while (batch.Ready != number)
            {
                if (_stopped || (_step >= _endStep && number >= _begun))
                {
                    throw new InvalidOperationException("All micro-batches were taken.");
                }

                Monitor.Wait(_gate);
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
            return next.Ready == _taken && next.Error is null ? next : null;
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
                Monitor.PulseAll(_gate);
            }
        }
    }

    // Waits for a place in the ring that the training thread does not hold, and says what goes there; null at the end.
    private LoadedBatch? Begin(out long number)
    {
        lock (_gate)
        {
            while (!_stopped && _step < _endStep && _begun >= Math.Max(_taken - 1, 0) + _ring.Length)
            {
                Monitor.Wait(_gate);
            }

            number = _begun;
            if (_stopped || _step >= _endStep)
            {
                return null;
            }

            _begun++;
            LoadedBatch batch = _ring[number % _ring.Length];
            ReadOnlySpan<int> samples = _order.Step(_step);
            int count = Math.Min(_perBatch, samples.Length - _within);
            batch.Assign(_step, samples, _within, count, _samples);
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
                string path = Path.Combine(_imageFolder, image);
                try
                {
                    _processor.Process(ImageFile.Read(path), batch.Batch.AddImage());
                }
                catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
                {
                    throw new InvalidDataException($"{_samples[sample].Place}: {error.Message}", error);
                }
            }
        }
    }
}
