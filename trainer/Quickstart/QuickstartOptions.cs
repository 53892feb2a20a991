namespace LlavaCuda.Trainer.Quickstart;

/// <summary>How large a quickstart is.</summary>
/// <param name="Out">Folder of everything it makes.</param>
internal sealed record QuickstartOptions(string Out)
{
    /// <summary>Gets the folder of base models to begin with, or null for the shipped ones.</summary>
    internal string? Base { get; init; }

    /// <summary>Gets the command line that asked for it, or null.</summary>
    internal string? Command { get; init; }

    /// <summary>Gets the seed of data, training and questions.</summary>
    internal int Seed { get; init; }

    /// <summary>Gets the number of pictures in the data set.</summary>
    internal int Pictures { get; init; } = 4000;

    /// <summary>Gets the optimizer steps of stage 1.</summary>
    internal int PretrainSteps { get; init; } = 120;

    /// <summary>Gets the optimizer steps of stage 2.</summary>
    internal int FinetuneSteps { get; init; } = 300;

    /// <summary>Gets the number of held-out questions of each set.</summary>
    internal int Questions { get; init; } = 600;
}
