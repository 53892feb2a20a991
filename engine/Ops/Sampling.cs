using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>
/// Chooses a token from the logits of each row: the likeliest, or a draw from <c>softmax(logits / temperature)</c> cut by top-k and then top-p. Of equal logits the one of the lower id
/// counts as likelier. The draw is the inverse of the cumulative distribution at the row's uniform number: over the tokens by falling probability when there is a cut, else by id.
/// </summary>
public static class Sampling
{
    /// <summary>The most tokens of a vocabulary.</summary>
    public const int MaxVocabulary = 1 << 22;

    /// <summary>Chooses.</summary>
    /// <param name="device">Where.</param>
    /// <param name="ids">Int32 <c>[rows]</c>: receives the token ids, -1 where the logit of a token that is not forbidden is NaN or infinite.</param>
    /// <param name="logits"><c>[rows, vocabulary]</c>.</param>
    /// <param name="draws">Doubles, <c>[rows, 4]</c>: a <see cref="TokenDraw"/> a row.</param>
    /// <param name="forbidden">Int32 <c>[(vocabulary + 31) / 32]</c>: tokens whose bit is set, the lowest first, are never chosen; they must not be all. None to allow every token.</param>
    public static void Forward(Device device, Tensor ids, Tensor logits, Tensor draws, Tensor forbidden = default)
    {
        Require.Matrix(logits);
        Require.Is(ids, DType.I32, [logits.Rows]);
        Require.Is(draws, DType.F64, [logits.Rows, TokenDraw.Width]);
        Require.IsOptional(forbidden, DType.I32, [(logits.Shape[1] + 31) / 32]);
        if (logits.Shape[1] is < 1 or > MaxVocabulary)
        {
            throw new ArgumentException($"{nameof(logits)} is {logits}; expected 1 to {MaxVocabulary} tokens.", nameof(logits));
        }

        device.SamplingForward(ids, logits, draws, forbidden);
    }
}
