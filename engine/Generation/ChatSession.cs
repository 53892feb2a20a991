using System.Security.Cryptography;
using LlavaCuda.Images;
using LlavaCuda.Text;

namespace LlavaCuda.Generation;

/// <summary>
/// A conversation with a model. What earlier turns computed is kept, so that a new turn reads only what is new. An answer that is broken off stays in the conversation as far as it came.
/// </summary>
public sealed class ChatSession : IDisposable
{
    private readonly LlavaModel _model;
    private readonly ConversationTemplate _template;
    private readonly TokenGenerator _generator;
    private readonly List<Turn> _turns = [];
    private readonly List<RgbImage> _images = [];
    private readonly List<byte[]> _seen = [];

    internal ChatSession(LlavaModel model, ConversationTemplate template)
    {
        _model = model;
        _template = template;

        // Memory is reserved and cleared on the device, which another conversation may be using.
        lock (model.Gate)
        {
            _generator = new TokenGenerator(model.Network, model.ContextLength);
        }
    }

    /// <summary>Gets the turns so far.</summary>
    public IReadOnlyList<Turn> Turns => _turns;

    /// <summary>Gets the last answer, or null.</summary>
    public Answer? LastAnswer { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_model.Gate)
        {
            _generator.Dispose();
        }
    }

    /// <summary>Forgets the conversation.</summary>
    public void Clear()
    {
        _turns.Clear();
        _images.Clear();
        LastAnswer = null;
    }

    /// <summary>Says something and generates the answer. Nothing is computed before the result is enumerated.</summary>
    /// <param name="text">What to say.</param>
    /// <param name="images">Pictures that come with it; they go before the text, as LLaVA was trained.</param>
    /// <param name="options">How to answer; greedy by default.</param>
    /// <param name="cancellation">Ends the answer early; what was generated stays.</param>
    /// <returns>The answer in pieces, as they are generated.</returns>
    /// <exception cref="ArgumentException">The conversation does not fit into the context, or an option has no meaning.</exception>
    public IEnumerable<string> Send(string text, IReadOnlyList<RgbImage> images, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        int turns = _turns.Count;
        int pictures = _images.Count;
        _turns.Add(Turn.Human(text, images.Count));
        _images.AddRange(images);
        LastAnswer = null;
        try
        {
            foreach (string piece in Continue(new Conversation(_turns), _images, _template, (options ?? new GenerationOptions()).Validate(), cancellation))
            {
                yield return piece;
            }
        }
        finally
        {
            if (LastAnswer is null)
            {
                _turns.RemoveRange(turns, _turns.Count - turns);
                _images.RemoveRange(pictures, _images.Count - pictures);
            }
            else
            {
                _turns.Add(Turn.Assistant(LastAnswer.Text));
            }
        }
    }

    /// <summary>Generates the answer to a whole conversation, given from outside.</summary>
    internal IEnumerable<string> Continue(Conversation conversation, IReadOnlyList<RgbImage> images, ConversationTemplate template, GenerationOptions options, CancellationToken cancellation)
    {
        (int[] ids, int[] ends) = PromptEncoder.EncodePieces(template, conversation, _model.Tokenizer);
        lock (_model.Gate)
        {
            ForgetOtherPictures(images);
        }

        AnswerStream stream = new(_model, _generator, options, template.StopStrings);
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

    // The extents count too: pictures of one colour differ in nothing else.
    private static byte[] Hash(RgbImage image)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(image.Width));
        hash.AppendData(image.Pixels);
        return hash.GetHashAndReset();
    }

    // The cache may hold rows of other pictures behind the same markers: a prompt then begins anew.
    private void ForgetOtherPictures(IReadOnlyList<RgbImage> images)
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
