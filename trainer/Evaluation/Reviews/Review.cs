using System.Text.Encodings.Web;
using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.Reviews;

/// <summary>A judgement of two answers to a question, as a row of a review file.</summary>
/// <param name="QuestionId">The question; a number or a text, as JSON.</param>
/// <param name="Category">Its category; null in the oldest files.</param>
/// <param name="Content">The judge's text; null where it never came.</param>
/// <param name="Scores">The scores of answer 1 and answer 2, whichever was shown first; null where the judgement failed.</param>
internal sealed record Review(string QuestionId, string? Category, string? Content, ReviewScores? Scores)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Gets the row's number, from 1 on.</summary>
    internal int Id { get; init; }

    /// <summary>Gets the id of answer 1, as JSON.</summary>
    internal string Answer1Id { get; init; } = "null";

    /// <summary>Gets the id of answer 2, as JSON.</summary>
    internal string Answer2Id { get; init; } = "null";

    /// <summary>Gets a value indicating whether the judge was shown answer 2 first.</summary>
    internal bool IsSwapped { get; init; }

    /// <summary>Gets the repetition, from 1 on.</summary>
    internal int Repetition { get; init; } = 1;

    /// <summary>Gets the judge's name, or null.</summary>
    internal string? Judge { get; init; }

    /// <summary>Gets why there are no scores, or null.</summary>
    internal string? Failure { get; init; }

    /// <summary>Reads a review file, ours or one of the original, of which the oldest have <c>score</c> in place of <c>tuple</c> and no
    /// category.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">A row is wrong; the message names file and line.</exception>
    internal static IEnumerable<Review> Read(string path)
    {
        foreach ((_, ConfigSection row) in JsonLines.Read(path))
        {
            string key = row.Has("category") || row.Has("tuple") || !row.Has("score") ? "tuple" : "score";
            double[]? scores = row.OptionalNumbers(key, 2);
            string? failure = row.OptionalText("failure");
            if (scores is null && failure is null)
            {
                throw row.Wrong(key, "two scores, or null next to a failure");
            }

            yield return new Review(
                row.RawText("question_id") ?? throw row.Wrong("question_id", "the id of a question"), row.OptionalText("category"),
                row.OptionalText("content") ?? row.OptionalText("text"), scores is null ? null : new(scores[0], scores[1]))
            {
                IsSwapped = row.Flag("swapped", false),
                Repetition = row.Positive("repetition", 1),
                Judge = row.OptionalText("judge"),
                Failure = failure,
            };
        }
    }

    /// <summary>Takes the original's sign of failure for a failure, and scores outside of the scale too.</summary>
    /// <param name="again">Whether the scores are read from the text once more.</param>
    internal Review Checked(bool again)
    {
        ReviewScores? scores = again && Content is not null ? ReviewScores.Parse(Content) : Scores;
        bool isValid = scores is { } s && ReviewScores.IsOnScale(s);
        return this with
        {
            Scores = isValid ? scores : null,
            Failure = isValid ? null : Failure ?? (Content is null ? "no judgement" : ReviewScores.Unparsable),
        };
    }

    /// <summary>Writes the row.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="original">Whether as the original does: without what it does not know, and a failure as −1 and −1.</param>
    internal void Write(Stream stream, bool original)
    {
        using Utf8JsonWriter writer = new(stream, Plain);
        writer.WriteStartObject();
        writer.WriteNumber("id", Id);
        WriteRaw("question_id", QuestionId);
        WriteRaw("answer1_id", Answer1Id);
        WriteRaw("answer2_id", Answer2Id);
        writer.WriteString("category", Category);
        writer.WriteString("content", Content ?? (original ? string.Empty : null));
        if ((Scores ?? (original ? ReviewScores.OriginalFailure : null)) is { } scores)
        {
            writer.WriteStartArray("tuple");
            writer.WriteNumberValue(scores.First);
            writer.WriteNumberValue(scores.Second);
            writer.WriteEndArray();
        }
        else
        {
            writer.WriteNull("tuple");
        }

        if (!original)
        {
            writer.WriteBoolean("swapped", IsSwapped);
            writer.WriteNumber("repetition", Repetition);
            writer.WriteString("judge", Judge);
            writer.WriteString("failure", Failure);
        }

        writer.WriteEndObject();
        writer.Flush();
        stream.Write("\n"u8);

        void WriteRaw(string name, string json)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(json);
        }
    }
}
