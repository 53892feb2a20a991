using System.Text.Json;
using LlavaCuda.Trainer.Asking;
using LlavaCuda.Trainer.Evaluation.ScienceQa;

namespace LlavaCuda.Tests.Evaluation.ScienceQa;

public sealed class ScienceQaRequestsTests
{
    private static readonly string Folder = ReferenceFiles.Shipped("benchmarks");

    [Fact]
    public void TextOnly_EveryRecordedExample_IsTheOriginalsPrompt()
    {
        Dictionary<string, ScienceQaProblem> problems =
            ScienceQaData.Load(Folder, "train").Concat(ScienceQaData.Load(Folder, "test")).ToDictionary(static p => p.Id);
        foreach (JsonElement example in BenchmarkReference.MoreExpected.GetProperty("formats").GetProperty("examples").EnumerateArray())
        {
            ModelCall call = ScienceQaRequests.TextOnly(
                problems[example.GetProperty("test").GetString()!],
                BenchmarkReference.Texts(example.GetProperty("shots")).Select(id => problems[id]),
                ScienceQaFormat.Parse(example.GetProperty("format").GetString()!),
                example.GetProperty("captions").GetBoolean());
            Assert.Equal(
                example.GetProperty("messages").EnumerateArray()
                    .Select(static m => (m.GetProperty("role").GetString(), m.GetProperty("content").GetString())),
                call.Messages.Select(static m => ((string?)m.Role.Value, (string?)m.Text)));
        }
    }

    // Our own models answer the user's turn, and go on with no answer that was begun.
    [Fact]
    public void TextOnly_NotBegun_EndsWithTheUser()
    {
        IReadOnlyList<ScienceQaProblem> train = ScienceQaData.Load(Folder, "train");
        ScienceQaFormat format = ScienceQaFormat.Parse("QCM-ALE");
        ModelCall begun = ScienceQaRequests.TextOnly(train[0], [train[1]], format, captions: false);
        ModelCall call = ScienceQaRequests.TextOnly(train[0], [train[1]], format, captions: false, begun: false);
        Assert.Equal("Answer:", begun.Messages[^1].Text);
        Assert.Equal(begun.Messages.SkipLast(1).Select(static m => m.Text), call.Messages.Select(static m => m.Text));
    }

    [Fact]
    public void Judge_Request_ShowsQuestionAndBothAnswersAndAsksForOneSentence()
    {
        ScienceQaProblem problem = ScienceQaData.Load(Folder, "test").First(static p => p.Image is not null);
        string text = ScienceQaRequests.Judge(problem, "Ours. The answer is A.", "Theirs. The answer is B.").Messages[1].Text;
        int[] places =
        [
            text.IndexOf("which Assistant 1 has seen and Assistant 2 has not", StringComparison.Ordinal),
            text.IndexOf(ScienceQaFormat.Parse("QCM-A").Render(problem).Prompt, StringComparison.Ordinal),
            text.IndexOf("[Assistant 1]\nOurs. The answer is A.\n[End of Assistant 1]", StringComparison.Ordinal),
            text.IndexOf("[Assistant 2]\nTheirs. The answer is B.\n[End of Assistant 2]", StringComparison.Ordinal),
            text.IndexOf("The answer is X.", StringComparison.Ordinal),
        ];
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
    }

    [Fact]
    public void DrawShots_SameSeed_SameQuestions()
    {
        IReadOnlyList<ScienceQaProblem> train = ScienceQaData.Load(Folder, "train");
        Assert.Equal(ScienceQaAsking.DrawShots(train, 2, 3), ScienceQaAsking.DrawShots(train, 2, 3));
        Assert.True(
            Enumerable.Range(0, 20)
            .Select(seed => string.Join(',', ScienceQaAsking.DrawShots(train, 2, (ulong)seed).Select(static p => p.Id))).Distinct()
                .Count() > 10);
        Assert.Throws<ArgumentException>(() => ScienceQaAsking.DrawShots(train, train.Count + 1, 0));
    }
}
