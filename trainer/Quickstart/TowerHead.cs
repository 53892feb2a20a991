namespace LlavaCuda.Trainer.Quickstart;

/// <summary>A temporary linear probe, from whose loss the vision tower learns.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Classes">The number of classes.</param>
/// <param name="Weight">The weight of its loss.</param>
/// <param name="OnPatches">Whether it reads every patch, or the class token.</param>
/// <param name="Label">The class of a scene, or of the cell that a patch lies in.</param>
internal sealed record TowerHead(string Name, int Classes, float Weight, bool OnPatches, Func<Scene, int, int> Label)
{
    /// <summary>Gets probes on every patch, which classify what is in its cell, and one on the class token, which counts.</summary>
    internal static IReadOnlyList<TowerHead> OfPatches { get; } =
    [
        new("color", SceneWords.Colors.Length + 1, 1, OnPatches: true, Color),
        new("shape", SceneWords.Shapes.Length + 1, 1, OnPatches: true, Shape),
        new("place", SceneWords.Places.Length, 0.3f, OnPatches: true, static (_, cell) => cell),
        new("count", SceneWords.Places.Length, 0.3f, OnPatches: false, static (scene, _) => scene.Objects.Count - 1),
    ];

    /// <summary>
    /// Gets probes on the class token alone, which classify what is in every cell: one vector for the whole image, as in CLIP's training.
    /// </summary>
    internal static IReadOnlyList<TowerHead> OfClassToken { get; } =
    [
        .. Enumerable.Range(0, SceneWords.Places.Length).SelectMany(static cell => (TowerHead[])
        [
            new($"color.{cell}", SceneWords.Colors.Length + 1, 1, OnPatches: false, (scene, _) => Color(scene, cell)),
            new($"shape.{cell}", SceneWords.Shapes.Length + 1, 1, OnPatches: false, (scene, _) => Shape(scene, cell)),
        ]),
    ];

    // The class after the last is that of an empty cell.
    private static int Color(Scene scene, int cell) => Find(scene, cell) is { } thing ? thing.Color : SceneWords.Colors.Length;

    private static int Shape(Scene scene, int cell) => Find(scene, cell) is { } thing ? thing.Shape : SceneWords.Shapes.Length;

    private static SceneObject? Find(Scene scene, int cell)
    {
        foreach (SceneObject thing in scene.Objects)
        {
            if (thing.Place == cell)
            {
                return thing;
            }
        }

        return null;
    }
}
