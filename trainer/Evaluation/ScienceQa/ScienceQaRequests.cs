using LlavaCuda.Trainer.Asking;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>What the ensembles' models are asked.</summary>
internal static class ScienceQaRequests
{
    /// <summary>The system text, as the original has it.</summary>
    internal const string System = "You are a helpful assistant.";

    private static readonly CallOptions Greedy = new() { Temperature = 0, MaxTokens = 1024 };

    /// <summary>Asks a text-only model, after worked examples, message by message as the original's <c>build_prompt_gpt4</c>: the last one
    /// begins the answer.</summary>
    /// <param name="problem">The question.</param>
    /// <param name="shots">The worked examples; the paper has two.</param>
    /// <param name="format">What questions and answers consist of.</param>
    /// <param name="captions">Whether contexts have the images' captions.</param>
    /// <param name="begun">Whether the answer is begun for the model, as in the original.</param>
    internal static ModelCall TextOnly(
        ScienceQaProblem problem, IEnumerable<ScienceQaProblem> shots, ScienceQaFormat format, bool captions, bool begun = true)
    {
        List<ChatMessage> messages = [new(ChatRole.System, System)];
        foreach (ScienceQaProblem shot in shots)
        {
            Add(format.RenderExample(shot, isAsked: false, captions));
        }

        Add(format.RenderExample(problem, isAsked: true, captions));
        messages = begun ? messages : messages[..^1];
        return new ModelCall(problem.Id, messages, Greedy);

        void Add((string User, string Assistant) example)
        {
            messages.Add(new(ChatRole.User, example.User));
            messages.Add(new(ChatRole.Assistant, example.Assistant));
        }
    }

    /// <summary>
    /// Asks the text-only model once more, with both answers before it. The paper's words for it were not published; these are the
    /// project's own.
    /// </summary>
    /// <param name="problem">The question.</param>
    /// <param name="ours">Our answer.</param>
    /// <param name="theirs">The text-only model's first answer.</param>
    internal static ModelCall Judge(ScienceQaProblem problem, string ours, string theirs)
    {
        (string question, _) = ScienceQaFormat.Parse("QCM-A").Render(problem);
        string image = problem.Image is null ? string.Empty
            : "The question comes with an image, which Assistant 1 has seen and Assistant 2 has not.\n\n";
        string user = $"Two assistants disagree about a multiple-choice question.\n\n{image}"
            + $"[Question]\n{question}\n\n"
            + $"[Assistant 1]\n{ours}\n[End of Assistant 1]\n\n"
            + $"[Assistant 2]\n{theirs}\n[End of Assistant 2]\n\n"
            + "Weigh both answers, think the question through yourself, and decide for one of its options. "
            + "End your reply with one sentence of exactly this form, which stands nowhere else in it, with the option's letter in place of X: "
            + "The answer is X.";
        return new ModelCall(problem.Id, [new(ChatRole.System, System), new(ChatRole.User, user)], Greedy);
    }
}
