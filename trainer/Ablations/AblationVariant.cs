namespace LlavaCuda.Trainer.Ablations;

/// <summary>Which base models a variant starts from.</summary>
internal enum AblationBase
{
    /// <summary>The projector reads the layer before the tower's last.</summary>
    LayerBeforeLast,

    /// <summary>The projector reads the tower's last layer.</summary>
    LastLayer,

    /// <summary>The layer before the last, with a smaller language model.</summary>
    SmallLanguage,
}

/// <summary>A row of the paper's ablations on ScienceQA (table 8), on a small scale.</summary>
/// <param name="Name">Its name in files and folders.</param>
/// <param name="Title">Its name in tables.</param>
/// <param name="Base">The base models.</param>
/// <param name="Stage1">Whether the projector was aligned by captions before.</param>
/// <param name="ReasoningFirst">Whether the model reasons before it answers.</param>
/// <param name="Paper">The paper's accuracy, percent.</param>
internal sealed record AblationVariant(string Name, string Title, AblationBase Base, bool Stage1, bool ReasoningFirst, double Paper)
{
    /// <summary>Gets the paper's rows; the first is what the others are compared with.</summary>
    internal static IReadOnlyList<AblationVariant> All { get; } =
    [
        new("best", "Layer before last, reasoning first", AblationBase.LayerBeforeLast, Stage1: true, ReasoningFirst: true, 90.92),
        new("last-layer", "Last layer", AblationBase.LastLayer, Stage1: true, ReasoningFirst: true, 89.96),
        new("answer-first", "Answer first", AblationBase.LayerBeforeLast, Stage1: true, ReasoningFirst: false, 89.77),
        new("no-stage-1", "Without stage 1", AblationBase.LayerBeforeLast, Stage1: false, ReasoningFirst: true, 85.81),
        new("small-model", "Smaller language model", AblationBase.SmallLanguage, Stage1: true, ReasoningFirst: true, 89.84),
    ];
}
