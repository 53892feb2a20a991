using LlavaCuda.Trainer.Quickstart;

namespace LlavaCuda.Tests.Quickstart;

public class SceneTests
{
    [Fact]
    public void Draw_ManyScenes_KeepHeldOutDescriptionsApart()
    {
        Random random = new(1);
        HashSet<string> trained = [.. Enumerable.Range(0, 3000).Select(i => Describe(Scene.Draw(random, (SceneKind)(i % 3), heldOut: false)))];
        HashSet<string> held = [.. Enumerable.Range(0, 3000).Select(i => Describe(Scene.Draw(random, (SceneKind)(i % 3), heldOut: true)))];
        Assert.Empty(trained.Intersect(held));
    }

    [Fact]
    public void Draw_Mixed_HasDifferentShapesColorsAndPlaces()
    {
        Random random = new(2);
        for (int i = 0; i < 200; i++)
        {
            IReadOnlyList<SceneObject> things = Scene.Draw(random, SceneKind.Mixed, heldOut: false).Objects;
            Assert.Equal(things.Count, things.Select(static o => o.Shape).Distinct().Count());
            Assert.Equal(things.Count, things.Select(static o => o.Color).Distinct().Count());
            Assert.Equal(things.Count, things.Select(static o => o.Place).Distinct().Count());
        }
    }

    [Fact]
    public void About_PlainScene_NeverNamesWhatALaterTurnAsks()
    {
        Random random = new(3);
        for (int i = 0; i < 2000; i++)
        {
            Scene scene = Scene.Draw(random, i % 2 == 0 ? SceneKind.Single : SceneKind.Alike, heldOut: false);
            List<SceneQuestion> talk = SceneTalk.About(random, scene, 5);
            for (int asked = 0; asked < talk.Count; asked++)
            {
                string said = string.Join(' ', talk.Take(asked).SelectMany(static q => (string[])[q.Text, q.Answer]).Append(talk[asked].Text));
                Assert.False(said.Split([' ', '?']).Contains(talk[asked].Answer), $"'{talk[asked].Answer}' is given away in: {said}");
            }
        }
    }

    [Fact]
    public void Lookup_Questions_AreOfDifferentThingsAndKinds()
    {
        List<HeldOutQuestion> questions = QuickstartQuestions.Lookup(1, 90);
        Assert.All(questions, static q => Assert.True(q.Scene.IsHeldOut && q.Question.IsLookup && q.Scene.Objects.Count >= 2));
        Assert.Equal(30, questions.Count(static q => q.Question.Kind == QuestionKind.Place));
        Assert.InRange(QuickstartEvaluation.LookupFloor(questions), 0.25, 0.5);
    }

    [Fact]
    public void Plain_Questions_NeedNoLookup()
    {
        List<HeldOutQuestion> questions = QuickstartQuestions.Plain(1, 80);
        Assert.All(questions, static q => Assert.True(q.Scene.IsHeldOut && !q.Question.IsLookup && q.Scene.Kind != SceneKind.Mixed));
        Assert.All(Enum.GetValues<QuestionKind>(), kind => Assert.Equal(20, questions.Count(q => q.Question.Kind == kind)));
    }

    [Fact]
    public void Recall_Text_SupervisesWhatAnEarlierLineDetermines()
    {
        string text = SceneTexts.Recall(new Random(5)).ToString();
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(5, lines.Length);
        string[] first = Words(lines[0]);
        Assert.All(lines, line => Assert.Equal(first, Words(line)));

        static string[] Words(string line) => [.. line.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
    }

    private static string Describe(Scene scene) => string.Join(';', scene.Objects);
}
