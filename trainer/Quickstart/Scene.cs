namespace LlavaCuda.Trainer.Quickstart;

/// <summary>One thing in a picture.</summary>
/// <param name="Shape">Index into <see cref="SceneWords.Shapes"/>.</param>
/// <param name="Color">Index into <see cref="SceneWords.Colors"/>.</param>
/// <param name="Place">Index into <see cref="SceneWords.Places"/>; no two things share one.</param>
internal readonly record struct SceneObject(int Shape, int Color, int Place);

/// <summary>What kind of scene it is, which decides what can be asked about it.</summary>
internal enum SceneKind
{
    /// <summary>One thing.</summary>
    Single,

    /// <summary>Two to four things of one shape and colour.</summary>
    Alike,

    /// <summary>Two to four things, all of different shapes and colours: a question about one of them needs a look-up.</summary>
    Mixed,
}

/// <summary>The description that a picture is drawn from.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Objects">Its things, by place.</param>
internal sealed record Scene(SceneKind Kind, IReadOnlyList<SceneObject> Objects)
{
    private const uint HeldOutShare = 6;

    /// <summary>Gets a value indicating whether this description is kept for the evaluation: one in six, chosen by a hash, so that no phase of training ever sees it in any drawing.</summary>
    internal bool IsHeldOut
    {
        get
        {
            uint hash = 2166136261;
            foreach (SceneObject thing in Objects)
            {
                foreach (int value in (ReadOnlySpan<int>)[thing.Shape + 1, thing.Color + 1, thing.Place + 1])
                {
                    hash = (hash ^ (uint)value) * 16777619;
                }
            }

            hash = (hash ^ (hash >> 15)) * 0x2C1B3C6D;
            return (hash ^ (hash >> 12)) % HeldOutShare == 0;
        }
    }

    /// <summary>Draws a description.</summary>
    /// <param name="random">Source of chance.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="heldOut">Whether it is to be one of the evaluation's.</param>
    /// <returns>The scene.</returns>
    internal static Scene Draw(Random random, SceneKind kind, bool heldOut)
    {
        while (true)
        {
            int count = kind == SceneKind.Single ? 1 : random.Next(2, SceneWords.Places.Length + 1);
            int[] places = Pick(random, SceneWords.Places.Length, count);
            int[] shapes = Pick(random, SceneWords.Shapes.Length, count);
            int[] colors = Pick(random, SceneWords.Colors.Length, count);
            Array.Sort(places);
            SceneObject[] things = new SceneObject[count];
            for (int i = 0; i < count; i++)
            {
                int of = kind == SceneKind.Alike ? 0 : i;
                things[i] = new SceneObject(shapes[of], colors[of], places[i]);
            }

            Scene scene = new(kind, things);
            if (scene.IsHeldOut == heldOut)
            {
                return scene;
            }
        }
    }

    private static int[] Pick(Random random, int of, int count)
    {
        int[] all = [.. Enumerable.Range(0, of)];
        random.Shuffle(all);
        return all[..count];
    }
}
