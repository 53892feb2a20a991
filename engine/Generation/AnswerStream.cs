using System.Diagnostics;
using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Models;

namespace LlavaCuda.Generation;

/// <summary>Generates one answer: reads the prompt, chooses tokens, decodes them to text that never breaks a character or shows a stop string.</summary>
internal sealed class AnswerStream
{
    private readonly LlavaModel _model;
    private readonly TokenGenerator _generator;
    private readonly GenerationOptions _options;
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

        int id = 0;
        TimeSpan prefill = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        int promptRows = _generator.Rows;
        AnswerText text = new(_tokens, _model.Tokenizer, _options);
        try
        {
            while (text.End is null)
            {
                string piece;
                if (cancellation.IsCancellationRequested)
                {
                    piece = text.Cancel();
                }
                else
                {
                    if (text.Tokens > 0)
                    {
                        int last = id;
                        Compute(() =>
                        {
                            _generator.Append(last);
                            return 0;
                        });
                    }

                    TokenDraw draw = text.Draw;
                    id = Compute(() => _generator.Choose(draw));
                    piece = text.Take(id, isFull: _generator.Rows == _generator.Capacity);
                }

                if (piece.Length > 0)
                {
                    yield return piece;
                }
            }
        }
        finally
        {
            int imageRows = markers * _model.RowsPerImage;
            Answer = _failed ? null : new Answer(text.Text, text.End ?? AnswerEnd.Cancelled, promptRows, imageRows, text.Tokens, prefill, Stopwatch.GetElapsedTime(start));
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
}
