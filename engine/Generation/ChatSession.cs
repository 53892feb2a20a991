using System.Security.Cryptography;
using LlavaCuda.Images;
using LlavaCuda.Text;

namespace LlavaCuda.Generation;

/// <summary>
/// A conversation with a model. What earlier turns computed is kept, so that a new turn reads only what is new. An answer that is broken off stays in the conversation as far as it came; one that fails
/// leaves the conversation as it was.
/// </summary>
/// <remarks>
/// One answer is generated at a time: asking for another, or clearing, before the enumeration of the last one has ended throws an <see cref="InvalidOperationException"/>, whichever thread does it.
/// <see cref="Dispose"/> may be called at any time and by any thread.
/// </remarks>
public sealed class ChatSession : IDisposable
{
    private readonly LlavaModel _model;
    private readonly ConversationTemplate _template;
    private readonly TokenGenerator _generator;
    private readonly List<byte[]> _seen = [];

    // Replaced, never changed: what a caller was given stays as it is.
    private Turn[] _turns = [];
    private RgbImage[] _images = [];
    private int _answering;
    private bool _disposed;

    internal ChatSession(LlavaModel model, ConversationTemplate template)
    {
        _model = model;
        _template = template;
        _generator = new TokenGenerator(model.Network, model.ContextLength);
    }

    /// <summary>Gets the turns so far.</summary>
    public IReadOnlyList<Turn> Turns => Volatile.Read(ref _turns);

    /// <summary>Gets the last answer, or null.</summary>
    public Answer? LastAnswer { get; private set; }

    /// <summary>
    /// Frees the conversation's memory once the step that is being computed has ended. An answer under way ends with an <see cref="ObjectDisposedException"/> when its next piece is asked for. A second call
    /// does nothing.
    /// </summary>
    public void Dispose()
    {
        lock (_model.Gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _generator.Dispose();
                _model.Forget(this);
            }
        }
    }

    /// <summary>Forgets the conversation.</summary>
    /// <exception cref="InvalidOperationException">An answer is being generated.</exception>
    public void Clear()
    {
        Begin();
        _turns = [];
        _images = [];
        LastAnswer = null;
        End();
    }

    /// <summary>Says something and generates the answer. Nothing is computed before the result is enumerated.</summary>
    /// <param name="text">What to say. <c>&lt;image&gt;</c> in it marks the place of an image; there is one for each image, or none.</param>
    /// <param name="images">Images that come with it; they go before the text, as LLaVA was trained, unless there are markers and the model's <see cref="LlavaModel.ImageOrder"/> keeps them.</param>
    /// <param name="options">How to answer; greedy by default.</param>
    /// <param name="cancellation">Ends the answer early; what was generated stays.</param>
    /// <returns>The answer in pieces, as they are generated.</returns>
    /// <exception cref="ArgumentException">The conversation does not fit into the context, markers and images differ in number, or an option has no meaning.</exception>
    /// <exception cref="InvalidOperationException">Another answer of this conversation is still being generated.</exception>
    /// <exception cref="NotFiniteNumberException">What the model computed is NaN or infinite; the message names the first tensor that is.</exception>
    /// <exception cref="ObjectDisposedException">The conversation, its model or its device is disposed.</exception>
    public IEnumerable<string> Send(string text, IReadOnlyList<RgbImage> images, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(images);
        RgbImage[] added = [.. images];
        if (Array.IndexOf(added, null) is >= 0 and int missing)
        {
            throw new ArgumentException($"images[{missing}] is null; expected an image.");
        }

        return SendSteps(text, added, (options ?? new GenerationOptions()).Validate(), cancellation);
    }

    /// <summary>Generates the answer to a whole conversation, given from outside.</summary>
    internal IEnumerable<string> Continue(Conversation conversation, IReadOnlyList<RgbImage> images, ConversationTemplate template, GenerationOptions options, CancellationToken cancellation)
    {
        Begin();
        try
        {
            foreach (string piece in Answer(conversation, images, template, options, cancellation))
            {
                yield return piece;
            }
        }
        finally
        {
            End();
        }
    }

    private IEnumerable<string> SendSteps(string text, RgbImage[] added, GenerationOptions options, CancellationToken cancellation)
    {
        Begin();
        LastAnswer = null;
        try
        {
            Turn question = Turn.Human([.. added.Select(static _ => ContentPart.Image), new ContentPart(text)], _model.ImageOrder);
            RgbImage[] images = [.. _images, .. added];
            Turn[] turns = [.. _turns, question];
            try
            {
                foreach (string piece in Answer(new Conversation(turns), images, _template, options, cancellation))
                {
                    yield return piece;
                }
            }
            finally
            {
                if (LastAnswer is not null)
                {
                    _images = images;
                    Volatile.Write(ref _turns, [.. turns, Turn.Assistant(LastAnswer.Text)]);
                }
            }
        }
        finally
        {
            End();
        }
    }

    private IEnumerable<string> Answer(Conversation conversation, IReadOnlyList<RgbImage> images, ConversationTemplate template, GenerationOptions options, CancellationToken cancellation)
    {
        (int[] ids, int[] ends) = PromptEncoder.EncodePieces(template, conversation, _model.Tokenizer);
        lock (_model.Gate)
        {
            RequireUsable();
            ForgetOtherImages(images);
        }

        AnswerStream stream = new(_model, _generator, options, template.StopStrings, RequireUsable);
        try
        {
            foreach (string piece in stream.Run(ids, ends, images, cancellation))
            {
                yield return piece;
            }
        }
        finally
        {
            LastAnswer = stream.Answer;
        }
    }

    private void Begin()
    {
        if (Interlocked.Exchange(ref _answering, 1) != 0)
        {
            throw new InvalidOperationException(
                "An answer of this ChatSession is still being generated: enumerate it to its end, or dispose its enumerator, before the next question or Clear. Threads need a session each (LlavaModel.StartChat).");
        }
    }

    private void End() => Volatile.Write(ref _answering, 0);

    // Called with the gate held, by every step that computes.
    private void RequireUsable()
    {
        _model.RequireUsable();
        ObjectDisposedException.ThrowIf(_disposed, this);
    }

    // The shape counts too: images of one colour differ in nothing else.
    private static byte[] Hash(RgbImage image)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(image.Width));
        hash.AppendData(image.Pixels);
        return hash.GetHashAndReset();
    }

    // The cache may hold rows of other images after the same markers: a prompt is then read from the start.
    private void ForgetOtherImages(IReadOnlyList<RgbImage> images)
    {
        for (int i = 0; i < images.Count; i++)
        {
            byte[] hash = Hash(images[i]);
            if (i < _seen.Count && !hash.AsSpan().SequenceEqual(_seen[i]))
            {
                _generator.Clear();
                _seen.RemoveRange(i, _seen.Count - i);
            }

            if (i == _seen.Count)
            {
                _seen.Add(hash);
            }
        }
    }
}
