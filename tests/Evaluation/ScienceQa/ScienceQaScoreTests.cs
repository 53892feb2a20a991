using LlavaCuda.Tensors;
using LlavaCuda.Trainer.Evaluation;
using LlavaCuda.Trainer.Evaluation.ScienceQa;

namespace LlavaCuda.Tests.Evaluation.ScienceQa;

public sealed class ScienceQaScoreTests
{
    [Theory]
    [InlineData("B", 'B', AnswerRule.Letter)]
    [InlineData("B. the cat", 'B', AnswerRule.LetterDot)]
    [InlineData("The answer is C.", 'C', AnswerRule.Sentence)]
    [InlineData("Because of it. The answer is C. BECAUSE: x", 'C', AnswerRule.Sentence)]
    [InlineData("The answer is Z!", 'Z', AnswerRule.Sentence)]
    [InlineData("The answer is C", null, AnswerRule.None)]
    [InlineData("The answer is C\n", null, AnswerRule.None)]
    [InlineData("The answer is A. The answer is A.", null, AnswerRule.None)]
    [InlineData("F", null, AnswerRule.None)]
    [InlineData("b", null, AnswerRule.None)]
    [InlineData("B.", null, AnswerRule.None)]
    [InlineData("B) x", null, AnswerRule.None)]
    [InlineData("", null, AnswerRule.None)]
    public void Parse_Forms_FollowTheOriginal(string text, char? letter, object rule) =>
        Assert.Equal(new ScienceQaAnswer(letter, (AnswerRule)rule), ScienceQaAnswer.Parse(text));

    [Theory]
    [InlineData("b", 'B')]
    [InlineData("(B)", 'B')]
    [InlineData("B) the cat", 'B')]
    [InlineData("Answer: B", 'B')]
    [InlineData("answer: (C), because", 'C')]
    [InlineData("So the answer is B", 'B')]
    [InlineData("Paris.", 'A')]
    [InlineData("THE CAT", 'B')]
    [InlineData("The answer is A. The answer is A.", 'A')]
    [InlineData("The answer is A. No, The answer is B.", null)]
    [InlineData("The answer is a rock", null)]
    [InlineData("Answer: A rock lies there", null)]
    [InlineData("(D)", null)]
    [InlineData("I cannot tell.", null)]
    [InlineData("", null)]
    public void ParseLoosely_Forms_NamesOneOptionOrNone(string text, char? letter) =>
        Assert.Equal(letter, ScienceQaAnswer.ParseLoosely(text, ["Paris", "the cat", "7 m"]).Letter);

    [Fact]
    public void Of_RecordedAnswers_RightAreTheOriginalsAndTheRestIsTold()
    {
        IReadOnlyList<ScienceQaProblem> problems = ScienceQaData.Load(ReferenceFiles.At("evaluation"), "test");
        Dictionary<string, Prediction> predictions = ScienceQaPredictions.Read(BenchmarkReference.At("predictions.jsonl"), original: false);
        ScienceQaScore score = ScienceQaScore.Of("x", problems, predictions, loose: false);
        OriginalScore original = OriginalScore.Of(problems, predictions);
        Assert.All(score.Rows.Zip(original.Rows), static pair =>
        {
            Assert.Equal(pair.Second.IsRight, pair.First.Outcome == Outcome.Right);
            Assert.Equal(pair.Second.Index < 0, pair.First.Outcome == Outcome.NoAnswer);
            Assert.Equal(pair.First.Outcome == Outcome.NoAnswer, pair.First.Reason is not null);
        });
        Assert.Equal(original.Accuracy, score.Accuracy(static _ => true), 1e-12);
        Assert.Contains(score.Rows, static r => r.Outcome == Outcome.NoAnswer);
    }

    [Fact]
    public void Groups_EveryQuestion_IsCountedAsTheOfficialRuleSays()
    {
        ScienceQaProblem[] problems =
        [
            Problem("1", "natural science", 1, "hint", "image.png"), Problem("2", "social science", 6, string.Empty, null),
            Problem("3", "language science", 7, " ", null), Problem("4", "natural science", 12, string.Empty, "image.png"),
        ];
        Dictionary<string, Prediction> answers = new() { ["1"] = new("A", null), ["2"] = new("B", null), ["3"] = new("A", null), ["4"] = new("?", null) };
        ScienceQaScore score = ScienceQaScore.Of("x", problems, answers, loose: false);
        double[] accuracies = [.. ScienceQaGroups.All.Select(g => score.Accuracy(g.Holds))];
        Assert.Equal([50, 0, 100, 100, 50, 0, 50, 50, 50], accuracies);
        Assert.All(ScienceQaGroups.Paper, static row => Assert.Equal(ScienceQaGroups.All.Count, row.Accuracy.Length));
    }

    [Fact]
    public void Ensembles_RandomAnswers_AgreeWithATwin()
    {
        CounterRandom random = new(7, "ensembles");
        ScienceQaProblem[] problems =
            [.. Enumerable.Range(0, 200).Select(static i => Problem($"{i}", "natural science", 3, string.Empty, null))];
        ScienceQaScore[] scores = [.. Enumerable.Range(0, 3).Select(source => Score(source))];
        ScienceQaEnsemble both = new(scores[0], scores[1]);
        ScienceQaScore complement = both.Complement(), judge = both.Judge(scores[2]);
        HashSet<string> disputed = [.. both.Disputed.Select(static p => p.Id)];
        for (int i = 0; i < problems.Length; i++)
        {
            (char? ours, char? theirs, char? again) = (Letter(scores[0], i), Letter(scores[1], i), Letter(scores[2], i));
            Assert.Equal(theirs ?? ours, Letter(complement, i));
            Assert.Equal(again ?? ours, Letter(judge, i));
            Assert.Equal(ours != theirs, disputed.Contains(problems[i].Id));
        }

        Assert.Equal(Enumerable.Range(0, 200).Count(i => Letter(scores[0], i) == 'A' || Letter(scores[1], i) == 'A'), both.UpperBound);

        ScienceQaScore Score(int source) =>
            ScienceQaScore.Of(
            "x", problems,
                problems.Index()
                    .ToDictionary(
                        static p => p.Item.Id, p =>
                            new Prediction("ABC?"[random.Below((ulong)((p.Index * 3) + source), 4)].ToString(), null)), loose: false);

        // The letter C is no option.
        static char? Letter(ScienceQaScore score, int i) => score.Rows[i].Answer.Letter is 'A' or 'B' ? score.Rows[i].Answer.Letter : null;
    }

    private static ScienceQaProblem Problem(string id, string subject, int grade, string hint, string? image) =>
        new(id, "Which?", ["Paris", "the cat"], 0, hint, image, subject, $"grade{grade}", string.Empty, string.Empty, null);
}
