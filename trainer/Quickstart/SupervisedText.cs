using System.Text;
using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>Plain text of which parts carry loss.</summary>
internal sealed class SupervisedText
{
    private readonly StringBuilder _text = new();
    private readonly List<(int Start, bool Supervised)> _stretches = [];

    /// <summary>Appends text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="supervised">Whether it carries loss.</param>
    /// <returns>This.</returns>
    internal SupervisedText Add(string text, bool supervised)
    {
        _stretches.Add((_text.Length, supervised));
        _text.Append(text);
        return this;
    }

    /// <summary>Encodes the text; a token belongs to the stretch in which it begins, white space before it counted.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <returns>Ids and labels.</returns>
    internal (int[] Ids, int[] Labels) Encode(LlavaTokenizer tokenizer)
    {
        List<TextToken> tokens = [];
        tokenizer.Encode(_text.ToString(), tokens, imageIsText: false, [(0, _text.Length)]);
        int[] ids = [tokenizer.BosId, .. tokens.Select(static t => t.Id)];
        int[] labels = new int[ids.Length];
        labels[0] = PackedBatch.Ignore;
        int at = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            while (at + 1 < _stretches.Count && _stretches[at + 1].Start <= tokens[i].Start)
            {
                at++;
            }

            labels[i + 1] = _stretches[at].Supervised ? tokens[i].Id : PackedBatch.Ignore;
        }

        return (ids, labels);
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
