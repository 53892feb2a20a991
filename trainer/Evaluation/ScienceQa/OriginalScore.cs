using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using LlavaCuda.Checkpoints;

namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>One question as the original's scorer writes it.</summary>
/// <param name="Problem">The question.</param>
/// <param name="Answer">What was found in the text.</param>
/// <param name="Asked">The prompt as recorded; <c>Unknown</c> where the question is not in the file.</param>
/// <param name="Text">The model's answer; <c>FAILED</c> where there is none.</param>
internal sealed record OriginalRow(ScienceQaProblem Problem, ScienceQaAnswer Answer, string Asked, string Text)
{
    /// <summary>Gets the place of the option that was named, or −1.</summary>
    internal int Index =>
        Answer.Letter is { } letter && ScienceQaProblem.Letters.IndexOf(letter) is var index && index < Problem.Choices.Count ? index : -1;

    /// <summary>Gets a value indicating whether it is the right one.</summary>
    internal bool IsRight => Index == Problem.Answer;

    /// <summary>Gets a value indicating whether the recorded prompt says that an image was shown.</summary>
    internal bool IsMultimodal => Asked.Contains("<image>", StringComparison.Ordinal);
}

/// <summary>The arithmetic, the lines and the files of the original's <c>eval_science_qa.py</c>, to the digit: what is missing or cannot
/// be parsed is wrong.</summary>
/// <param name="Rows">The questions of the split.</param>
internal sealed record OriginalScore(IReadOnlyList<OriginalRow> Rows)
{
    private static readonly JsonWriterOptions Pretty =
        new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Gets the share of right answers, in percent.</summary>
    internal double Accuracy => Rows.Count(static r => r.IsRight) / (double)Rows.Count * 100;

    /// <summary>Scores answers.</summary>
    /// <param name="problems">The questions.</param>
    /// <param name="predictions">The answers.</param>
    internal static OriginalScore Of(IReadOnlyList<ScienceQaProblem> problems, IReadOnlyDictionary<string, Prediction> predictions) => new(
    [
        .. problems.Select(problem => predictions.TryGetValue(problem.Id, out Prediction prediction)
            ? new OriginalRow(
                problem, ScienceQaAnswer.Parse(prediction.Text), prediction.Prompt
                ?? throw new InvalidDataException(
                    $"The answer to question '{problem.Id}' has no prompt, which the original classifies images by."), prediction.Text)
            : new OriginalRow(problem, default, "Unknown", ScienceQaAnswer.Failed)),
    ]);

    /// <summary>Writes what the original prints.</summary>
    /// <exception cref="InvalidDataException">No recorded prompt has an image, which the original divides by.</exception>
    internal string Line()
    {
        int images = Rows.Count(static r => r.IsMultimodal);
        return images == 0
            ? throw new InvalidDataException(
            "No recorded prompt holds <image>: the original divides by their number and fails; leave out --original.")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Total: {Rows.Count}, Correct: {Rows.Count(static r => r.IsRight)}, Accuracy: {PythonNumbers.Fixed(Accuracy, 2)}%, IMG-Accuracy: {PythonNumbers.Fixed(Rows.Count(static r => r is { IsMultimodal: true, IsRight: true }) / (double)images * 100, 2)}%");
    }

    /// <summary>Writes the file of right and wrong answers.</summary>
    internal void WriteDetails(string path) => AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter writer = new(stream, Pretty);
        writer.WriteStartObject();
        foreach (bool right in (bool[])[true, false])
        {
            writer.WriteStartArray(right ? "correct" : "incorrect");
            foreach (OriginalRow row in Rows.Where(r => r.IsRight == right))
            {
                writer.WriteStartObject();
                writer.WriteString("question_id", row.Problem.Id);
                writer.WriteString("parsed_ans", row.Answer.Text);
                writer.WriteString("ground_truth", row.Problem.AnswerLetter.ToString());
                writer.WriteString("question", row.Asked);
                writer.WriteString("pred", row.Text);
                writer.WriteBoolean("is_multimodal", row.IsMultimodal);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    });

    /// <summary>Writes the file of results and outputs by id.</summary>
    internal void WriteResults(string path) =>
        WriteResults(
        path, Accuracy, Rows.Count(static r => r.IsRight), [.. Rows.Select(static r => (r.Problem.Id, r.Index, (string?)r.Text))]);

    /// <summary>Writes a result file of the original.</summary>
    /// <param name="path">The file.</param>
    /// <param name="accuracy">In percent.</param>
    /// <param name="correct">The number of right answers.</param>
    /// <param name="rows">Id, place of the option, and answer; answers that are null are left out.</param>
    internal static void WriteResults(
        string path, double accuracy, int correct, IReadOnlyList<(string Id, int Index, string? Text)> rows) =>
        AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter writer = new(stream, Pretty);
        writer.WriteStartObject();
        writer.WriteNumber("acc", accuracy);
        writer.WriteNumber("correct", correct);
        writer.WriteNumber("count", rows.Count);
        writer.WriteStartObject("results");
        foreach ((string id, int index, _) in rows)
        {
            writer.WriteNumber(id, index);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("outputs");
        foreach ((string id, _, string? text) in rows.Where(static r => r.Text is not null))
        {
            writer.WriteString(id, text);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    });
}
