using LlavaCuda.Generation;
using LlavaCuda.Trainer.Evaluation.ScienceQa;

namespace LlavaCuda.Trainer.Ablations;

/// <summary>Asks held-out problems.</summary>
internal static class AblationEvaluation
{
    private static readonly GenerationOptions Greedy = new() { MaxNewTokens = 96 };

    /// <summary>Asks every problem in a conversation of its own, greedily.</summary>
    /// <param name="model">The model.</param>
    /// <param name="variant">The variant's name.</param>
    /// <param name="seed">The variant's seed.</param>
    /// <param name="problems">The problems.</param>
    /// <param name="cancellation">Stops between problems.</param>
    /// <returns>What came of it.</returns>
    internal static AblationResult Ask(LlavaModel model, string variant, int seed, IReadOnlyList<MadeUpProblem> problems, CancellationToken cancellation)
    {
        using ChatSession chat = model.StartChat();
        int right = 0, none = 0, rightWithImage = 0;
        foreach (MadeUpProblem problem in problems)
        {
            chat.Clear();
            string answer = string.Concat(chat.Send(problem.Prompt(), problem.Image is { } image ? [image] : [], Greedy, cancellation));
            cancellation.ThrowIfCancellationRequested();
            char? letter = ScienceQaAnswer.ParseSentence(answer).Letter;
            bool isRight = letter == problem.Letter;
            none += letter is null ? 1 : 0;
            right += isRight ? 1 : 0;
            rightWithImage += isRight && problem.Image is not null ? 1 : 0;
        }

        return new AblationResult
        {
            Variant = variant,
            Seed = seed,
            Asked = problems.Count,
            Right = right,
            NoAnswer = none,
            AskedWithImage = problems.Count(static problem => problem.Image is not null),
            RightWithImage = rightWithImage,
        };
    }
}
