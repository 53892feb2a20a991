using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// The vocabulary of a model saved for Hugging Face's library, which needs a token for the places of pictures. Where the model's vocabulary of V has none, the saved one is
/// larger: <c>&lt;image&gt;</c> is V, <c>&lt;pad&gt;</c> is V + 1, and the size is rounded up to a multiple of 64. The model in memory is not touched; the new rows of embedding
/// and head are the mean of the old ones, so that none of the new tokens can ever be the likeliest.
/// </summary>
/// <param name="Size">Rows of embedding and head in the files.</param>
/// <param name="ImageTokenId">The id of <c>&lt;image&gt;</c>.</param>
/// <param name="PadTokenId">The id to pad with, if there is one.</param>
public sealed record HuggingFaceVocabulary(int Size, int ImageTokenId, int? PadTokenId)
{
    private const string PadToken = "<pad>";
    private const int Multiple = 64;

    /// <summary>Plans the vocabulary of a saved model.</summary>
    /// <param name="config">The model in memory.</param>
    /// <param name="tokenizer">Its tokenizer, if it is saved along: it may know <c>&lt;image&gt;</c> where the configuration does not.</param>
    /// <returns>The plan.</returns>
    public static HuggingFaceVocabulary For(LlavaConfig config, LlavaTokenizer? tokenizer = null)
    {
        int size = config.Text.VocabularySize;
        int? known = config.ImageTokenId ?? (tokenizer?.ImageId < size ? tokenizer.ImageId : null);
        return known is { } id ? new(size, id, config.Text.PadTokenId) : new((size + 2 + Multiple - 1) / Multiple * Multiple, size, size + 1);
    }

    /// <summary>Adds the new tokens to a tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer of the model in memory.</param>
    /// <returns>The tokenizer to save.</returns>
    public LlavaTokenizer Extend(LlavaTokenizer tokenizer)
    {
        if (tokenizer.ImageId is not null || ImageTokenId < tokenizer.Model.Pieces.Count)
        {
            return tokenizer;
        }

        List<AddedToken> added = [.. tokenizer.AddedTokens, new AddedToken(LlavaTokenizer.ImageMarker, ImageTokenId)];
        if (PadTokenId != ImageTokenId + 1 || tokenizer.FindId(PadToken) is not null)
        {
            return tokenizer.With(tokenizer.Options with { AddedTokens = added });
        }

        added.Add(new AddedToken(PadToken, ImageTokenId + 1));
        return tokenizer.With(tokenizer.Options with { AddedTokens = added, PadToken = PadToken });
    }
}
