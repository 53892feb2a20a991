using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>
/// What the base language model reads before it ever meets a picture: lists that are told again in another order, captions, captions after notes, and conversations about a written scene.
/// The lists teach it to find one attribute by another; conversations alone did not, however long they were read.
/// </summary>
internal static class SceneTexts
{
    private const int Repetitions = 4;
    private static readonly int[][] Orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

    /// <summary>Writes a scene's things as triples of colour, shape and place, then again and again in other orders: after a triple's first attribute the others are determined, and carry loss.</summary>
    /// <param name="random">Source of chance.</param>
    /// <returns>The text.</returns>
    internal static SupervisedText Recall(Random random)
    {
        Scene scene = Scene.Draw(random, SceneKind.Mixed, heldOut: false);
        SupervisedText text = new();
        for (int line = 0; line <= Repetitions; line++)
        {
            int[] order = Orders[random.Next(Orders.Length)];
            SceneObject[] things = [.. scene.Objects];
            random.Shuffle(things);
            for (int i = 0; i < things.Length; i++)
            {
                string[] words = Attributes(things[i]);
                text.Add(i == 0 && line == 0 ? words[order[0]] : " " + words[order[0]], supervised: false);
                text.Add($" {words[order[1]]} {words[order[2]]}", supervised: line > 0);
                text.Add(i == things.Length - 1 ? "\n" : ",", supervised: false);
            }
        }

        return text;
    }

    /// <summary>Writes a caption, all of which carries loss, as in stage 1.</summary>
    /// <param name="scene">The scene.</param>
    /// <returns>The text.</returns>
    internal static SupervisedText Caption(Scene scene) => new SupervisedText().Add(SceneWords.Caption(scene) + "\n", supervised: true);

    /// <summary>Writes notes about a scene, then its caption, which carries loss.</summary>
    /// <param name="random">Source of chance.</param>
    /// <param name="scene">The scene.</param>
    /// <returns>The text.</returns>
    internal static SupervisedText NotedCaption(Random random, Scene scene) =>
        new SupervisedText().Add(Notes(random, scene) + "\n", supervised: false).Add(SceneWords.Caption(scene) + "\n", supervised: true);

    /// <summary>Writes a conversation about notes instead of a picture.</summary>
    /// <param name="random">Source of chance.</param>
    /// <param name="scene">The scene.</param>
    /// <param name="most">Most questions.</param>
    /// <returns>The conversation.</returns>
    internal static Conversation Talk(Random random, Scene scene, int most)
    {
        List<Turn> turns = [];
        foreach (SceneQuestion question in SceneTalk.About(random, scene, most))
        {
            turns.Add(Turn.Human(turns.Count == 0 ? $"{Notes(random, scene)}\n{question.Text}" : question.Text));
            turns.Add(Turn.Assistant(question.Answer));
        }

        return new Conversation(turns);
    }

    /// <summary>Lists lines of every kind, from which the tokenizer learns its pieces.</summary>
    /// <param name="random">Source of chance.</param>
    /// <param name="lines">How many.</param>
    /// <param name="template">The template whose words conversations use.</param>
    /// <returns>The lines.</returns>
    internal static IEnumerable<string> Corpus(Random random, int lines, ConversationTemplate template)
    {
        for (int i = 0; i < lines; i++)
        {
            Scene scene = Scene.Draw(random, (SceneKind)random.Next(3), heldOut: false);
            yield return (i % 3) switch
            {
                0 => SceneWords.Caption(scene),
                1 => Recall(random).ToString(),
                _ => template.Render(Talk(random, scene, 4)),
            };
        }
    }

    private static string[] Attributes(SceneObject thing) => [SceneWords.Colors[thing.Color], SceneWords.Shapes[thing.Shape], SceneWords.Places[thing.Place]];

    // Notes come in several forms, so that reading them is not learned by position.
    private static string Notes(Random random, Scene scene)
    {
        SceneObject[] things = [.. scene.Objects];
        random.Shuffle(things);
        int kind = random.Next(4);
        if (kind == 0 || (scene.Kind == SceneKind.Alike && kind < 3))
        {
            return SceneWords.Caption(kind == 0 && scene.Kind == SceneKind.Mixed ? scene with { Objects = things } : scene);
        }

        string separator = random.Next(2) == 0 ? ", " : "; ";
        int form = random.Next(4);
        return string.Join(separator, things.Select(thing =>
        {
            string[] words = Attributes(thing);
            return form switch
            {
                0 => $"{words[0]} {words[1]} {words[2]}",
                1 => $"{words[2]}: {words[0]} {words[1]}",
                2 => $"{words[1]} {words[0]} {words[2]}",
                _ => $"{words[1]} {words[2]} {words[0]}",
            };
        }));
    }
}
