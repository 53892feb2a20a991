using LlavaCuda.Generation;
using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>A question with the model's answer.</summary>
/// <param name="Asked">The question.</param>
/// <param name="Answer">What the model said, running free and greedy.</param>
internal sealed record AnsweredQuestion(HeldOutQuestion Asked, string Answer)
{
    /// <summary>Gets a value indicating whether the answer is the truth, letter by letter.</summary>
    internal bool IsRight => Answer == Asked.Question.Answer;
}

/// <summary>Asks held-out questions of a model, each in a conversation of its own.</summary>
internal static class QuickstartEvaluation
{
    private static readonly GenerationOptions Greedy = new() { MaxNewTokens = 16 };

    /// <summary>Asks.</summary>
    /// <param name="model">The model.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="blank">Whether an empty, black picture is shown instead.</param>
    /// <param name="cancellation">Stops between questions.</param>
    /// <returns>The answers.</returns>
    internal static List<AnsweredQuestion> Ask(LlavaModel model, IReadOnlyList<HeldOutQuestion> questions, bool blank, CancellationToken cancellation)
    {
        using ChatSession chat = model.StartChat();
        RgbImage black = new(SceneRenderer.Edge, SceneRenderer.Edge);
        List<AnsweredQuestion> answers = [];
        foreach (HeldOutQuestion question in questions)
        {
            chat.Clear();
            string answer = string.Concat(chat.Send(question.Question.Text, [blank ? black : question.Picture], Greedy, cancellation));
            cancellation.ThrowIfCancellationRequested();
            answers.Add(new AnsweredQuestion(question, answer.Trim()));
        }

        return answers;
    }

    /// <summary>Gets the share of right answers.</summary>
    /// <param name="answers">The answers.</param>
    /// <param name="kind">Only of this kind, or null.</param>
    /// <returns>0 to 1; not a number without answers.</returns>
    internal static double Accuracy(IEnumerable<AnsweredQuestion> answers, QuestionKind? kind = null) =>
        answers.Where(a => kind is null || a.Asked.Question.Kind == kind).Select(static a => a.IsRight ? 1.0 : 0).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Gets the expected score of naming any attribute that is present: one over the number of things.</summary>
    /// <param name="questions">Look-up questions.</param>
    /// <returns>0 to 1.</returns>
    internal static double LookupFloor(IEnumerable<HeldOutQuestion> questions) => questions.Average(static q => 1.0 / q.Scene.Objects.Count);
}
