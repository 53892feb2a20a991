namespace LlavaCuda.Trainer.Quickstart;

/// <summary>The words of the quickstart's little world.</summary>
internal static class SceneWords
{
    /// <summary>Names of shapes.</summary>
    internal static readonly string[] Shapes = ["circle", "square", "triangle", "cross"];

    /// <summary>Names of several of a shape.</summary>
    internal static readonly string[] Plurals = ["circles", "squares", "triangles", "crosses"];

    /// <summary>Names of colours.</summary>
    internal static readonly string[] Colors = ["red", "green", "blue", "yellow", "purple", "white"];

    /// <summary>Names of places, row by row.</summary>
    internal static readonly string[] Places = ["top left", "top right", "bottom left", "bottom right"];

    /// <summary>Number words.</summary>
    internal static readonly string[] Numbers = ["zero", "one", "two", "three", "four"];

    /// <summary>Describes a scene in one sentence, as the captions of stage 1 do.</summary>
    /// <param name="scene">The scene.</param>
    /// <returns>For example <c>a red circle at the top left and a blue square at the bottom right</c>.</returns>
    internal static string Caption(Scene scene)
    {
        SceneObject first = scene.Objects[0];
        return scene.Kind == SceneKind.Alike
            ? $"{Numbers[scene.Objects.Count]} {Colors[first.Color]} {Plurals[first.Shape]} at the {Join(scene.Objects.Select(static o => Places[o.Place]))}"
            : Join(scene.Objects.Select(static o => $"a {Colors[o.Color]} {Shapes[o.Shape]} at the {Places[o.Place]}"));
    }

    /// <summary>Joins with commas and a final "and".</summary>
    /// <param name="parts">At least one.</param>
    /// <returns>The enumeration.</returns>
    internal static string Join(IEnumerable<string> parts)
    {
        string[] all = [.. parts];
        return all.Length == 1 ? all[0] : $"{string.Join(", ", all[..^1])} and {all[^1]}";
    }
}
