using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Generation;

/// <summary>Which tokens an answer may have and which end it.</summary>
internal sealed class AnswerTokens
{
    private readonly HashSet<int> _ends;

    /// <summary>Initializes a new instance of the <see cref="AnswerTokens"/> class.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="config">The model.</param>
    /// <param name="templateStops">What ends an answer in the conversation's template.</param>
    internal AnswerTokens(LlavaTokenizer tokenizer, LlavaConfig config, IEnumerable<string> templateStops)
    {
        Dictionary<int, AddedToken> added = tokenizer.AddedTokens.ToDictionary(static token => token.Id);
        ILookup<bool, string> stops = templateStops.ToLookup(stop => added.Values.Any(token => token.Content == stop));
        _ends = [config.Text.EosTokenId, .. config.Text.OtherEosTokenIds, tokenizer.EosId, .. added.Values.Where(token => stops[true].Contains(token.Content)).Select(static token => token.Id)];
        StopTexts = [.. stops[false]];

        IReadOnlyList<SentencePiece> pieces = tokenizer.Model.Pieces;
        Forbidden = [.. Enumerable.Range(0, config.Text.VocabularySize).Where(id => !_ends.Contains(id) && !IsText(id))];

        bool IsText(int id) => id != config.ImageTokenId && id != tokenizer.ImageId
            && (added.TryGetValue(id, out AddedToken? token)
                ? !token.Special
                : id < pieces.Count && pieces[id].Type is SentencePieceType.Normal or SentencePieceType.UserDefined or SentencePieceType.Byte);
    }

    /// <summary>Gets the ids that end an answer: the model's end tokens, and the template's end where the tokenizer has a token for it.</summary>
    internal IReadOnlySet<int> Ends => _ends;

    /// <summary>Gets the template's ends that are not tokens: texts, which end an answer wherever its letters spell one. Letters that spell a control token are an answer like any other.</summary>
    internal IReadOnlyList<string> StopTexts { get; }

    /// <summary>Gets the ids that are never chosen: control tokens other than the ends, the image marker, rows of the vocabulary that no token has.</summary>
    internal int[] Forbidden { get; }
}
