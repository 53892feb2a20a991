namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>
/// How a question becomes a prompt and an answer: <c>INPUT-OUTPUT</c> in the converter's letters, Q question, C context, M options, A
/// answer, L lecture,
/// E explanation (the solution). As in the original, <c>AL</c> holds the solution and <c>AE</c> the lecture.
/// </summary>
internal sealed record ScienceQaFormat
{
    private static readonly string[] Inputs = ["CQM", "QCM", "QCML", "QCME", "QCMLE", "QCLM", "QCEM", "QCLEM"];
    private static readonly string[] Outputs = ["A", "AL", "AE", "ALE", "AEL", "LA", "EA", "LEA", "ELA", "LEPA"];

    private ScienceQaFormat(string input, string output) => (Input, Output) = (input, output);

    /// <summary>Gets the names of all formats.</summary>
    internal static IEnumerable<string> Names => Inputs.SelectMany(static _ => Outputs, static (input, output) => $"{input}-{output}");

    /// <summary>Gets the input's letters.</summary>
    internal string Input { get; }

    /// <summary>Gets the output's letters.</summary>
    internal string Output { get; }

    /// <summary>Gets a value indicating whether the output's name and contents differ, as they do in the original.</summary>
    internal bool IsSwapped => Output is "AL" or "AE";

    /// <summary>Reads a format's name.</summary>
    /// <exception cref="ArgumentException">There is no such format; the message lists all.</exception>
    internal static ScienceQaFormat Parse(string name) =>
        name.Split('-') is [string input, string output] && Inputs.Contains(input) && Outputs.Contains(output)
            ? new ScienceQaFormat(input, output)
        : throw new ArgumentException(
            $"'{name}' is no format of ScienceQA; expected INPUT-OUTPUT, INPUT one of {string.Join(", ", Inputs)} and OUTPUT one of {string.Join(", ", Outputs)}.");

    /// <summary>Writes the prompt and the answer of a training or test sample.</summary>
    /// <param name="problem">The question.</param>
    /// <param name="captions">Whether the context has the image's caption.</param>
    /// <returns>The prompt without any image marker, and the answer.</returns>
    internal (string Prompt, string Answer) Render(ScienceQaProblem problem, bool captions = false)
    {
        (string prompt, string answer) = (Tidy(InputOf(problem, captions, Plain)), Tidy(OutputOf(problem, Plain)));
        return (DropLabel(DropBecause(prompt), "Question: "), DropLabel(DropBecause(answer), "Answer: "));

        // Line breaks are written as escapes and read again, so that an escape in the data becomes a line break too.
        static string Plain(string text) => Escaped(text).Replace("\\n", "\n", StringComparison.Ordinal);

        static string DropLabel(string text, string label) =>
            text.StartsWith(label, StringComparison.Ordinal) ? text.Replace(label, string.Empty, StringComparison.Ordinal) : text;
    }

    /// <summary>Writes the turn of a worked example for a model without vision: what the user asks, and what the assistant
    /// answers.</summary>
    /// <param name="problem">The question.</param>
    /// <param name="isAsked">Whether the answer is asked for, and only begun.</param>
    /// <param name="captions">Whether the context has the image's caption.</param>
    /// <exception cref="ArgumentException">The format is LEPA, which the original has no such examples of.</exception>
    internal (string User, string Assistant) RenderExample(ScienceQaProblem problem, bool isAsked, bool captions = false)
    {
        if (Output == "LEPA")
        {
            throw new ArgumentException("Format LEPA has no examples for a text-only model; expected another output, for example ALE.");
        }

        string prompt = Tidy(InputOf(problem, captions, Escaped));
        return ($"Can you explain {prompt}?", isAsked ? "Answer:" : DropBecause(Tidy(OutputOf(problem, Escaped))));
    }

    private string InputOf(ScienceQaProblem problem, bool captions, Func<string, string> explain)
    {
        string context = PythonText.Strip($"{problem.Hint} {(captions ? problem.Caption : string.Empty)}") is { Length: > 0 } text ? text
            : "N/A";
        string choices = string.Join(' ', problem.Choices.Select(static (choice, i) => $"({ScienceQaProblem.Letters[i]}) {choice}"));
        (string lecture, string solution) = (explain(problem.Lecture), explain(problem.Solution));
        string because = Input switch
        {
            "QCML" or "QCLM" => $"BECAUSE: {lecture}\n",
            "QCME" or "QCEM" => $"BECAUSE: {solution}\n",
            "QCMLE" or "QCLEM" => $"BECAUSE: {lecture} {solution}\n",
            _ => string.Empty,
        };
        return Input switch
        {
            "CQM" => $"Context: {context}\nQuestion: {problem.Question}\nOptions: {choices}\n",
            "QCLM" or "QCEM" or "QCLEM" => $"Question: {problem.Question}\nContext: {context}\n{because}Options: {choices}\n",
            _ => $"Question: {problem.Question}\nContext: {context}\nOptions: {choices}\n{because}",
        };
    }

    private string OutputOf(ScienceQaProblem problem, Func<string, string> explain)
    {
        (string lecture, string solution, char answer) = (explain(problem.Lecture), explain(problem.Solution), problem.AnswerLetter);
        return Output switch
        {
            "A" => $"Answer: The answer is {answer}.",
            "AL" => $"Answer: The answer is {answer}. BECAUSE: {solution}",
            "AE" => $"Answer: The answer is {answer}. BECAUSE: {lecture}",
            "ALE" => $"Answer: The answer is {answer}. BECAUSE: {lecture} {solution}",
            "AEL" => $"Answer: The answer is {answer}. BECAUSE: {solution} {lecture}",
            "LA" => $"Answer: {lecture} The answer is {answer}.",
            "EA" => $"Answer: {solution} The answer is {answer}.",
            "LEA" => $"Answer: {lecture} {solution} The answer is {answer}.",
            "ELA" => $"Answer: {solution} {lecture} The answer is {answer}.",
            _ => $"{Labelled("LECTURE", lecture)}{Labelled("SOLUTION", solution)}###\nANSWER: {answer}.",
        };

        static string Labelled(string label, string text) => PythonText.Strip(text).Length > 0 ? $"{label}: {text}\n" : string.Empty;
    }

    private static string Escaped(string text) => text.Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Tidy(string text) => PythonText.Strip(text.Replace("  ", " ", StringComparison.Ordinal));

    private static string DropBecause(string text) =>
        text.EndsWith("BECAUSE:", StringComparison.Ordinal)
            ? PythonText.Strip(text.Replace("BECAUSE:", string.Empty, StringComparison.Ordinal)) : text;
}
