using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.Reviews;

/// <summary>An answer to judge.</summary>
/// <param name="QuestionId">The question's id, as JSON.</param>
/// <param name="AnswerId">The answer's own id, as JSON, or null.</param>
/// <param name="Text">The answer.</param>
internal sealed record ReviewedAnswer(string QuestionId, string? AnswerId, string Text);

/// <summary>A question with the two answers that are compared.</summary>
/// <param name="QuestionId">The question's id, as JSON.</param>
/// <param name="Question">The question.</param>
/// <param name="Category">The category, as rows record it.</param>
/// <param name="Rule">What the judge is told.</param>
/// <param name="Context">What stands for the image, or null.</param>
/// <param name="First">Answer 1, the reference.</param>
/// <param name="Second">Answer 2.</param>
internal sealed record ReviewInput(
    string QuestionId, string Question, string Category, ReviewRule Rule, string? Context, ReviewedAnswer First, ReviewedAnswer Second)
{
    /// <summary>Writes what the judge is sent.</summary>
    /// <param name="swapped">Whether answer 2 is shown first.</param>
    internal string Content(bool swapped) => swapped
        ? ReviewRequest.Content(Rule, Context, Question, Second.Text, First.Text)
        : ReviewRequest.Content(Rule, Context, Question, First.Text, Second.Text);

    /// <summary>Makes the row of a judgement.</summary>
    /// <param name="id">The row's number, from 1 on.</param>
    /// <param name="content">The judge's text, or null.</param>
    /// <param name="scores">The scores of answer 1 and answer 2, or null.</param>
    internal Review Judged(int id, string? content, ReviewScores? scores) => new(QuestionId, Category, content, scores)
    {
        Id = id,
        Answer1Id = First.AnswerId ?? First.QuestionId,
        Answer2Id = Second.AnswerId ?? Second.QuestionId,
    };
}

/// <summary>Reads what is compared.</summary>
/// <param name="Benchmark">What is judged.</param>
/// <param name="Questions">JSON Lines with <c>question_id</c>, <c>text</c>, <c>category</c> and, but for text, <c>image</c>.</param>
/// <param name="Contexts">The contexts of images, or null for text.</param>
/// <param name="First">The reference's answers.</param>
/// <param name="Second">The answers to judge.</param>
/// <param name="Rules">The rules.</param>
internal sealed record ReviewInputs(
    ReviewBenchmark Benchmark, string Questions, string? Contexts, string First, string Second, ReviewRules Rules)
{
    private const string Id = "question_id";

    /// <summary>Joins the files by question.</summary>
    /// <param name="byPosition">Whether rows belong together by their place, as in the original, which stops at the end of the shortest
    /// file; else by id, and files with different questions are an error.</param>
    /// <exception cref="InvalidDataException">A row is wrong, or the files disagree; the message names file and line or id.</exception>
    internal List<ReviewInput> Read(bool byPosition)
    {
        Dictionary<string, string>? contexts = Contexts is null ? null : ReviewContext.Read(Contexts, Benchmark);
        return byPosition
            ? [.. JsonLines.Read(Questions).Zip(JsonLines.Read(First), JsonLines.Read(Second))
                .Select(rows => Make(rows.First.Row, contexts, Answer(rows.Second.Row), Answer(rows.Third.Row)))]
            : Join(contexts);
    }

    private List<ReviewInput> Join(Dictionary<string, string>? contexts)
    {
        Dictionary<string, ReviewedAnswer> first = ByQuestion(First), second = ByQuestion(Second);
        List<ReviewInput> inputs = [];
        HashSet<string> asked = new(StringComparer.Ordinal);
        foreach ((long line, ConfigSection row) in JsonLines.Read(Questions))
        {
            string id = IdOf(row);
            if (!asked.Add(Key(id)))
            {
                throw new InvalidDataException($"{Questions}: line {line}: question {Quoted.Line(id)} comes twice.");
            }

            inputs.Add(Make(row, contexts, Find(first, First, id, line), Find(second, Second, id, line)));
        }

        foreach ((Dictionary<string, ReviewedAnswer> answers, string path) in (
            (Dictionary<string, ReviewedAnswer>, string)[])[(first, First), (second, Second)])
        {
            if (answers.Keys.FirstOrDefault(key => !asked.Contains(key)) is { } other)
            {
                throw new InvalidDataException($"{path} answers question {Quoted.Line(other)}, which {Questions} does not have.");
            }
        }

        return inputs;
    }

    private ReviewedAnswer Find(Dictionary<string, ReviewedAnswer> answers, string path, string id, long line) =>
        answers.GetValueOrDefault(Key(id))
            ?? throw new InvalidDataException($"{path} has no answer to question {Quoted.Line(id)} of {Questions}, line {line}.");

    private static Dictionary<string, ReviewedAnswer> ByQuestion(string path)
    {
        Dictionary<string, ReviewedAnswer> answers = new(StringComparer.Ordinal);
        foreach ((long line, ConfigSection row) in JsonLines.Read(path))
        {
            ReviewedAnswer answer = Answer(row);
            if (!answers.TryAdd(Key(answer.QuestionId), answer))
            {
                throw new InvalidDataException($"{path}: line {line}: question {Quoted.Line(answer.QuestionId)} is answered twice.");
            }
        }

        return answers;
    }

    private ReviewInput Make(ConfigSection row, Dictionary<string, string>? contexts, ReviewedAnswer first, ReviewedAnswer second)
    {
        string category = row.OptionalText("category") ?? throw row.Wrong("category", "a string");
        string recorded = Benchmark == ReviewBenchmark.Wild ? $"llava_bench_{category}" : category;
        string? context = null;
        if (contexts is not null)
        {
            string image = row.OptionalText("image") ?? throw row.Wrong("image", "a file name");
            context = contexts.GetValueOrDefault(image) ?? throw row.Wrong("image", $"an image with a context in {Contexts}");
        }

        string question = row.OptionalText("text") ?? throw row.Wrong("text", "a string");
        return new ReviewInput(
            IdOf(row), question, recorded, Rules[recorded, Benchmark == ReviewBenchmark.Text ? ReviewRules.Default : null], context, first,
            second);
    }

    private static ReviewedAnswer Answer(ConfigSection row) =>
        new(IdOf(row), row.RawText("answer_id"), row.OptionalText("text") ?? throw row.Wrong("text", "a string"));

    private static string IdOf(ConfigSection row) =>
        row.Kind(Id) is JsonValueKind.Number or JsonValueKind.String ? row.RawText(Id)! : throw row.Wrong(Id, "the id of a question");

    // 7 and "7" are the same question.
    private static string Key(string id) => id.Trim('"');
}
