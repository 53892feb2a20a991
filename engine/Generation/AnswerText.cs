using System.Text;
using LlavaCuda.Devices;
using LlavaCuda.Text;

namespace LlavaCuda.Generation;

/// <summary>An answer token by token: how the next one is chosen, what of it may be shown, and when it is over.</summary>
internal sealed class AnswerText
{
    private readonly AnswerTokens _tokens;
    private readonly Sampler _sampler;
    private readonly StopFilter _filter;
    private readonly TokenStreamDecoder _decoder;
    private readonly StringBuilder _text = new();
    private readonly int _mostTokens;

    /// <summary>Initializes a new instance of the <see cref="AnswerText"/> class, empty.</summary>
    /// <param name="tokens">What the model's tokens mean.</param>
    /// <param name="tokenizer">Turns tokens into text.</param>
    /// <param name="options">How to answer.</param>
    internal AnswerText(AnswerTokens tokens, LlavaTokenizer tokenizer, GenerationOptions options)
    {
        _tokens = tokens;
        _sampler = new Sampler(options);
        _filter = new StopFilter([.. tokens.StopTexts, .. options.StopStrings]);
        _decoder = tokenizer.CreateDecoder();
        _mostTokens = options.MaxNewTokens;
    }

    /// <summary>Gets the text so far.</summary>
    internal string Text => _text.ToString();

    /// <summary>Gets the number of tokens, the end token not counted.</summary>
    internal int Tokens { get; private set; }

    /// <summary>Gets why the answer is over; null while it goes on.</summary>
    internal AnswerEnd? End { get; private set; }

    /// <summary>Gets how the next token is chosen.</summary>
    internal TokenDraw Draw => _sampler.Draw(Tokens);

    /// <summary>Takes the chosen token.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="isFull">Whether the context has no room for it.</param>
    /// <returns>What may be shown now; may be empty.</returns>
    internal string Take(int id, bool isFull)
    {
        if (_tokens.Ends.Contains(id))
        {
            End = AnswerEnd.Stop;
            return Rest();
        }

        Tokens++;
        string shown = Show(_filter.Append(_decoder.Append(id)));
        if (_filter.Stopped)
        {
            End = AnswerEnd.Stop;
        }
        else if (Tokens == _mostTokens || isFull)
        {
            End = AnswerEnd.Length;
            shown += Rest();
        }

        return shown;
    }

    /// <summary>Ends the answer early.</summary>
    /// <returns>What was held back.</returns>
    internal string Cancel()
    {
        End = AnswerEnd.Cancelled;
        return Rest();
    }

    private string Rest() => Show(_filter.Append(_decoder.Flush())) + (_filter.Stopped ? string.Empty : Show(_filter.Flush()));

    private string Show(string text)
    {
        _text.Append(text);
        return text;
    }
}
