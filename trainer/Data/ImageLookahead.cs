using System.Collections;
using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Decodes the images that training will need, ahead of it and once each, on one thread that takes only the time that nothing else wants: a damaged one is known long before its step.
/// </summary>
internal sealed class ImageLookahead : IDisposable
{
    private readonly SampleStore _samples;
    private readonly SampleOrder _order;
    private readonly BadImages _bad;
    private readonly string _folder;
    private readonly ImageReadOptions? _files;
    private readonly long _endStep;
    private readonly Thread _thread;
    private long _reached;
    private volatile bool _stopped;

    /// <summary>Initializes a new instance of the <see cref="ImageLookahead"/> class and starts its thread.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="order">Which of them make up which step; used by this object alone from now on.</param>
    /// <param name="bad">Receives the samples with bad images.</param>
    /// <param name="folder">The folder that paths of images begin at.</param>
    /// <param name="firstStep">The first step.</param>
    /// <param name="endStep">The step to stop before.</param>
    /// <param name="files">How image files are read; null for the defaults.</param>
    internal ImageLookahead(SampleStore samples, SampleOrder order, BadImages bad, string folder, long firstStep, long endStep, ImageReadOptions? files = null)
    {
        _files = files;
        _samples = samples;
        _order = order;
        _bad = bad;
        _folder = folder;
        _reached = firstStep;
        _endStep = endStep;
        _thread = new Thread(Work) { IsBackground = true, Name = "image check", Priority = ThreadPriority.Lowest };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped = true;
        _thread.Join();
    }

    /// <summary>Tells how far the training is: what it has behind it is not looked at any more.</summary>
    /// <param name="step">Steps made so far.</param>
    internal void Reach(long step) => Volatile.Write(ref _reached, step);

    /// <summary>Waits until everything is checked. For tests.</summary>
    internal void Wait() => _thread.Join();

    private void Work()
    {
        try
        {
            LookAhead();
        }
        catch (Exception)
        {
            // Too little memory, a library that is missing: no matter of one file. The loader meets it too where it matters, and the run ends with an error then; from here it would end the process.
        }
    }

    private void LookAhead()
    {
        ThreadNiceness.Lower();
        BitArray seen = new(_samples.Count);
        int left = _samples.Count;
        for (long step = Volatile.Read(ref _reached); step < _endStep && left > 0; step = Math.Max(step + 1, Volatile.Read(ref _reached)))
        {
            foreach (int sample in _order.Step(step))
            {
                if (_stopped)
                {
                    return;
                }

                if (!seen[sample])
                {
                    seen[sample] = true;
                    left--;
                    if (!_bad.IsKnown(sample))
                    {
                        Check(sample);
                    }
                }
            }
        }
    }

    private void Check(int sample)
    {
        foreach (string image in _samples[sample].Images)
        {
            try
            {
                ImageFile.Read(Path.Combine(_folder, image), _files);
            }
            catch (Exception error) when (BadImages.IsOfFile(error))
            {
                Report(sample, image, error);
                return;
            }
        }
    }

    private void Report(int sample, string image, Exception error)
    {
        try
        {
            _bad.Add(sample, image, error, _folder);
        }
        catch (InvalidDataException)
        {
            // The folder is gone: the loader finds that out by itself, and ends the run.
        }
    }
}
