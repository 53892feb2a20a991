using System.Text.Encodings.Web;
using System.Text.Json;
using LlavaCuda.Checkpoints;
using LlavaCuda.Trainer.Asking;

namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>Has the ensembles' requests answered, and keeps the answers in the original's files.</summary>
internal static class ScienceQaAsking
{
    private static readonly JsonWriterOptions Pretty =
        new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Draws worked examples, the same for all questions.</summary>
    /// <param name="problems">What they are drawn from.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Chooses them.</param>
    internal static ScienceQaProblem[] DrawShots(IReadOnlyList<ScienceQaProblem> problems, int count, ulong seed)
    {
        Tensors.CounterRandom random = new(seed, "worked examples");
        return count <= problems.Count
            ? [.. problems.Index().OrderBy(p => random.Bits((ulong)p.Index)).Take(count).Select(static p => p.Item)]
            : throw new ArgumentException($"--shots is {count}; the split that examples are drawn from has {problems.Count} questions.");
    }

    /// <summary>Asks, and reads the answers. Requests that failed have none; the first few are named.</summary>
    /// <param name="calls">The requests, named by their questions' ids.</param>
    /// <param name="session">Who answers.</param>
    /// <param name="error">Receives progress and failures.</param>
    /// <param name="cancellation">Stops; what was answered stays in the store.</param>
    /// <exception cref="IOException">None was answered.</exception>
    internal static Dictionary<string, Prediction> Ask(
        IReadOnlyCollection<ModelCall> calls, AskingSession session, TextWriter error, CancellationToken cancellation)
    {
        Dictionary<string, Prediction> answers = new(StringComparer.Ordinal);
        List<CallOutcome> failed = [];
        foreach (CallOutcome outcome in session.RunAsync(calls, calls.Count, error, cancellation).ToBlockingEnumerable(cancellation))
        {
            if (outcome.Text is { } text)
            {
                answers[outcome.Call.Name] = new Prediction(text, null);
            }
            else
            {
                failed.Add(outcome);
            }
        }

        foreach (IGrouping<string?, CallOutcome> failure in failed.GroupBy(static f => f.Failure))
        {
            error.WriteLine(
                $"warning: {failure.Count()} requests have no answer: {failure.Key} (first: question {failure.First().Call.Name})");
        }

        return answers.Count > 0 || failed.Count == 0 ? answers
            : throw new IOException($"None of {failed.Count} requests was answered: {failed[0].Failure}.");
    }

    /// <summary>Writes answers as the original's result file, an object with <c>outputs</c>.</summary>
    internal static void WriteOutputs(string path, IReadOnlyDictionary<string, Prediction> answers) => AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter writer = new(stream, Pretty);
        writer.WriteStartObject();
        writer.WriteStartObject("outputs");
        foreach ((string id, Prediction answer) in answers)
        {
            writer.WriteString(id, answer.Text);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    /// <summary>Writes answers as JSON Lines.</summary>
    internal static void WriteRows(string path, IReadOnlyDictionary<string, Prediction> answers) => AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter writer = new(stream, Pretty with { Indented = false });
        foreach ((string id, Prediction answer) in answers)
        {
            writer.WriteStartObject();
            writer.WriteString("question_id", id);
            writer.WriteString("text", answer.Text);
            writer.WriteEndObject();
            writer.Flush();
            stream.Write("\n"u8);
            writer.Reset();
        }
    });
}
