namespace LlavaCuda.Generation;

/// <summary>How likely a model finds an answer.</summary>
/// <param name="Text">The answer.</param>
/// <param name="LogProbability">
/// The natural logarithm of the probability that the model, answering freely at temperature 1, gives exactly this answer and ends.
/// </param>
/// <param name="Tokens">The answer's tokens, its end included where the template has one.</param>
public readonly record struct AnswerLikelihood(string Text, double LogProbability, int Tokens)
{
    /// <summary>Gets the mean logarithm of a token's probability, which favours no length.</summary>
    public double MeanLogProbability => LogProbability / Tokens;
}
