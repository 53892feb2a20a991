using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Evaluation;
using LlavaCuda.Trainer.Evaluation.ShortAnswers;

namespace LlavaCuda.Tests.Evaluation.ShortAnswers;

public sealed class PopeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-pope-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // The original takes categories in the order in which its file system lists them.
    [Fact]
    public void Lines_RecordedAnswers_EqualTheOriginal()
    {
        string[] lines =
            [.. OriginalPope
            .Lines(BenchmarkReference.At("pope"), BenchmarkReference.At("pope_questions.jsonl"),
                BenchmarkReference.At("pope_answers.jsonl"))];
        string[] expected = BenchmarkReference.Texts(BenchmarkReference.Expected.GetProperty("pope"));
        Assert.Equal(Blocks(expected), Blocks(lines));

        static string[] Blocks(string[] lines) =>
            [.. lines.Chunk(10).Select(static block => string.Join('\n', block)).Order(StringComparer.Ordinal)];
    }

    [Theory]
    [InlineData("Yes", true)]
    [InlineData("yes, it is", true)]
    [InlineData("No, there is not", false)]
    [InlineData("There is no cat. Yes.", false)]
    [InlineData("It is not there", false)]
    [InlineData("I say yes", true)]
    [InlineData("Yes, there is no doubt", true)]
    [InlineData("It is, yes or no", null)]
    [InlineData("A cat", null)]
    [InlineData("", null)]
    public void SaysYes_Texts_AreReadOrNot(string text, bool? expected) => Assert.Equal(expected, PopeScore.SaysYes(text));

    [Fact]
    public void Score_ByHand_NoAnswerIsNoYes()
    {
        PopeScore score = new([Row(true, "Yes"), Row(true, "No"), Row(true, "hm"), Row(false, "Yes"), Row(false, "no"), Row(false, null)]);
        Assert.Equal((2, 2, 2), (score.Count(Outcome.Right), score.Count(Outcome.Wrong), score.Count(Outcome.NoAnswer)));
        Assert.Equal(
            (2 / 6.0, 0.5, 1 / 3.0, 0.4, 2 / 6.0),
            (score.Accuracy, score.Precision, score.Recall, Math.Round(score.F1, 12), score.YesRatio));
    }

    [Theory]
    [InlineData("{\"image\": \"y.jpg\", \"text\": \"Is there a cat?\", \"label\": \"yes\"}", "expected the question and image at the same place of")]
    [InlineData("{\"image\": \"x.jpg\", \"text\": \"Is there a dog?\", \"label\": \"yes\"}", "expected the question and image at the same place of")]
    [InlineData("{\"image\": \"x.jpg\", \"text\": \"Is there a cat?\", \"label\": \"maybe\"}", "label is \"maybe\"; expected yes or no")]
    [InlineData("{\"label\": \"yes\"}\n{\"label\": \"yes\"}", "has 2 labels and")]
    public void Command_FilesDisagree_SaysWhere(string labels, string message)
    {
        File.WriteAllText(Path.Combine(_folder, "coco_pope_random.json"), labels);
        string questions = Path.Combine(_folder, "questions.jsonl"), answers = Path.Combine(_folder, "answers.jsonl");
        File.WriteAllText(questions, """{"question_id": 1, "image": "x.jpg", "text": "Is there a cat?\nAnswer", "category": "random"}""");
        File.WriteAllText(answers, """{"question_id": 1, "text": "Yes"}""");
        using StringWriter output = new(), error = new();
        Assert.Equal(1, Program.Run(["pope", "--annotations", _folder, "--questions", questions, "--answers", answers], output, error));
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
    }

    private static PopeRow Row(bool label, string? text) => new("random", label, text);
}
