using System.Text.Encodings.Web;
using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>A question with its answer and what came of it: a row of a run's file.</summary>
/// <param name="Id">The question's id, as JSON.</param>
/// <param name="Groups">The groups that it counts in.</param>
/// <param name="Cluster">What it has in common with questions that are not independent of it, or null.</param>
/// <param name="Truth">The right answer.</param>
/// <param name="Text">The answer; null where there is none.</param>
/// <param name="Judgement">What came of it.</param>
internal sealed record JudgedRow(
    string Id, IReadOnlyList<string> Groups, string? Cluster, string Truth, string? Text, Judgement Judgement)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Outcomes = ["right", "wrong", "no answer", "not judged"];

    /// <summary>Gets what was asked.</summary>
    internal string? Prompt { get; init; }

    /// <summary>Gets what came of it, in words.</summary>
    internal string OutcomeName => Outcomes[(int)Judgement.Outcome];

    /// <summary>Writes it as one line.</summary>
    /// <param name="stream">The file.</param>
    internal void Write(Stream stream)
    {
        using (Utf8JsonWriter json = new(stream, Options))
        {
            json.WriteStartObject();
            json.WritePropertyName("question_id");
            json.WriteRawValue(Id);
            json.WriteString("prompt", Prompt);
            json.WriteString("text", Text);
            json.WriteString("outcome", OutcomeName);
            json.WriteNumber("score", Judgement.Score);
            json.WriteString("found", Judgement.Found);
            json.WriteString("truth", Truth);
            json.WriteStartArray("groups");
            foreach (string group in Groups)
            {
                json.WriteStringValue(group);
            }

            json.WriteEndArray();
            json.WriteString("cluster", Cluster);
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
    }

    /// <summary>Reads the rows of a run.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">A row is wrong, or a question is there twice; file and line are named.</exception>
    internal static List<JudgedRow> Read(string path)
    {
        List<JudgedRow> rows = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach ((_, ConfigSection row) in JsonLines.Read(path))
        {
            string id = row.RawText("question_id") ?? throw row.Wrong("question_id", "the id of a question");
            int outcome = Array.IndexOf(Outcomes, row.OptionalText("outcome"));
            rows.Add(new JudgedRow(
                seen.Add(id) ? id : throw row.Wrong("question_id", "an id that no other row has"),
                row.OptionalTexts("groups") ?? [],
                row.OptionalText("cluster"),
                row.Text("truth", string.Empty),
                row.OptionalText("text"),
                new Judgement(
                    outcome >= 0 ? (Outcome)outcome : throw row.Wrong("outcome", string.Join(" or ", Outcomes)),
                    row.OptionalNumber("score") is { } score and >= 0 and <= 1 ? score : throw row.Wrong("score", "a number from 0 to 1"),
                    row.OptionalText("found")))
            {
                Prompt = row.OptionalText("prompt"),
            });
        }

        return rows.Count > 0 ? rows : throw new InvalidDataException($"{path} has no rows.");
    }
}
