using System.Diagnostics;
using System.Text;
using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Generation;

/// <summary>Generates one answer: reads the prompt, chooses tokens, decodes them to text that never breaks a character or shows a stop string.</summary>
internal sealed class AnswerStream
{
    private readonly LlavaModel _model;
    private readonly TokenGenerator _generator;
    private readonly GenerationOptions _options;
    private readonly StopFilter _filter;
    private readonly StringBuilder _text = new();
    private readonly AnswerTokens _tokens;
    private readonly Action _requireUsable;
    private bool _failed;

    /// <summary>Initializes a new instance of the <see cref="AnswerStream"/> class.</summary>
    /// <param name="model">The model.</param>
    /// <param name="generator">Holds the conversation's rows.</param>
    /// <param name="options">How to answer.</param>
    /// <param name="templateStops">What ends an answer in the template.</param>
    /// <param name="requireUsable">Throws once model or conversation are disposed; called before every step, with the model's gate held.</param>
    internal AnswerStream(LlavaModel model, TokenGenerator generator, GenerationOptions options, IEnumerable<string> templateStops, Action requireUsable)
    {
        _requireUsable = requireUsable;
        _model = model;
        _generator = generator;
        _options = options;
        _tokens = new AnswerTokens(model.Tokenizer, model.Network.Config, templateStops);
        _filter = new StopFilter([.. _tokens.StopTexts, .. options.StopStrings]);
    }

    /// <summary>Gets the answer, once the stream ended, by itself or broken off, after the prompt was read; null where it failed.</summary>
    internal Answer? Answer { get; private set; }

    /// <summary>Runs.</summary>
    /// <param name="ids">The prompt.</param>
    /// <param name="ends">How many ids there are up to the end of each of its pieces.</param>
    /// <param name="images">Its images.</param>
    /// <param name="cancellation">Ends the answer early.</param>
    /// <returns>Pieces of text, none empty.</returns>
    internal IEnumerable<string> Run(int[] ids, int[] ends, IReadOnlyList<RgbImage> images, CancellationToken cancellation)
    {
        int markers = ids.AsSpan().Count(PackedBatch.ImageToken);
        if (markers != images.Count)
        {
            throw new ArgumentException($"The conversation has {markers} image markers, but {images.Count} images.");
        }

        cancellation.ThrowIfCancellationRequested();
        long start = Stopwatch.GetTimestamp();
        Compute(() =>
        {
            _generator.Forbid(_tokens.Forbidden);
            _generator.Read(ids, ends, (image, pixels) => _model.Processor.Process(images[image], pixels), cancellation);
            return 0;
        });

        TimeSpan prefill = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        int promptRows = _generator.Rows;
        int tokens = 0;
        AnswerEnd end = AnswerEnd.Cancelled;
        try
        {
            Sampler sampler = new(_options);
            TokenStreamDecoder decoder = _model.Tokenizer.CreateDecoder();
            while (true)
            {
                if (cancellation.IsCancellationRequested)
                {
                    break;
                }

                TokenDraw draw = sampler.Draw(tokens);
                int id = Compute(() => _generator.Choose(draw));
                if (_tokens.Ends.Contains(id))
                {
                    end = AnswerEnd.Stop;
                    break;
                }

                tokens++;
                string piece = Show(decoder.Append(id));
                if (piece.Length > 0)
                {
                    yield return piece;
                }

                if (_filter.Stopped)
                {
                    end = AnswerEnd.Stop;
                    break;
                }

                if (tokens == _options.MaxNewTokens || _generator.Rows == _generator.Capacity)
                {
                    end = AnswerEnd.Length;
                    break;
                }

                Compute(() =>
                {
                    _generator.Append(id);
                    return 0;
                });
            }

            string rest = _filter.Stopped ? string.Empty : Show(decoder.Flush()) + ShowHeld();
            if (rest.Length > 0)
            {
                yield return rest;
            }
        }
        finally
        {
            int imageRows = markers * _model.RowsPerImage;
            Answer = _failed ? null : new Answer(_text.ToString(), end, promptRows, imageRows, tokens, prefill, Stopwatch.GetElapsedTime(start));
        }
    }

    // One step, between which other conversations of the device have theirs and model and conversation may be disposed.
    private int Compute(Func<int> step)
    {
        _failed = true;
        int result;
        lock (_model.Gate)
        {
            _requireUsable();
            result = step();
        }

        _failed = false;
        return result;
    }

    private string Show(string text)
    {
        string shown = _filter.Append(text);
        _text.Append(shown);
        return shown;
    }

    private string ShowHeld()
    {
        string shown = _filter.Flush();
        _text.Append(shown);
        return shown;
    }
}
