namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>A question of a benchmark with short answers, with its truth.</summary>
/// <param name="Id">Its id, as JSON.</param>
/// <param name="Text">What is asked, as LLaVA-1.5 asks it.</param>
/// <param name="Image">The image's path below the folder of images; empty where the question's file holds the image.</param>
/// <param name="Groups">The groups that it counts in.</param>
/// <param name="Answers">The right answers; empty where they are not published.</param>
internal sealed record ShortQuestion(string Id, string Text, string Image, IReadOnlyList<string> Groups, IReadOnlyList<string> Answers)
{
    /// <summary>The line that asks for a short answer.</summary>
    internal const string ShortSentence = "Answer the question using a single word or phrase.";

    /// <summary>The line that asks for a letter.</summary>
    internal const string LetterSentence = "Answer with the option's letter from the given choices directly.";

    /// <summary>Gets the options' texts, in the order of their letters.</summary>
    internal IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Writes options as lines with letters.</summary>
    internal static string Lettered(string question, IEnumerable<string> options) =>
        string.Join('\n', options.Select(static (option, i) => $"{(char)('A' + i)}. {option}").Prepend(question));
}
