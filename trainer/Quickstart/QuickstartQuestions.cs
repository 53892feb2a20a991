using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>A question of the evaluation.</summary>
/// <param name="Scene">What the picture shows; never seen in training in any drawing.</param>
/// <param name="Picture">The picture.</param>
/// <param name="Question">Question and truth.</param>
internal sealed record HeldOutQuestion(Scene Scene, RgbImage Picture, SceneQuestion Question);

/// <summary>Draws the held-out questions.</summary>
internal static class QuickstartQuestions
{
    /// <summary>Draws questions that need the picture but no look-up: one thing, or several alike; colour, shape, place and count in turn.</summary>
    /// <param name="seed">Chooses them.</param>
    /// <param name="count">How many.</param>
    /// <returns>The questions.</returns>
    internal static List<HeldOutQuestion> Plain(int seed, int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            QuestionKind kind = (QuestionKind)(i % 4);

            // A place is asked of one thing only, since several alike have several; a count mostly of several.
            SceneKind scene = kind == QuestionKind.Place || (kind != QuestionKind.Count && random.Next(2) == 0) || (kind == QuestionKind.Count && random.Next(4) == 0)
                ? SceneKind.Single
                : SceneKind.Alike;
            return Draw(random, scene, q => q.Kind == kind && !q.IsLookup);
        })];
    }

    /// <summary>Draws questions that find one attribute by another among several different things.</summary>
    /// <param name="seed">Chooses them.</param>
    /// <param name="count">How many.</param>
    /// <returns>The questions.</returns>
    internal static List<HeldOutQuestion> Lookup(int seed, int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(i => Draw(random, SceneKind.Mixed, q => q.IsLookup && q.Kind == (QuestionKind)(i % 3)))];
    }

    private static HeldOutQuestion Draw(Random random, SceneKind kind, Func<SceneQuestion, bool> wanted)
    {
        while (true)
        {
            Scene scene = Scene.Draw(random, kind, heldOut: true);

            // One question a conversation: what is asked first gives nothing away.
            SceneQuestion question = SceneTalk.About(random, scene, 1)[0];
            if (wanted(question))
            {
                return new HeldOutQuestion(scene, SceneRenderer.Draw(random, scene), question);
            }
        }
    }
}
