namespace LlavaCuda.Trainer.Ablations;

/// <summary>How large the ablations are.</summary>
/// <param name="Out">Folder of everything that they make.</param>
internal sealed record AblationOptions(string Out)
{
    /// <summary>Gets the number of seeds.</summary>
    internal int Seeds { get; init; } = 3;

    /// <summary>Gets the first seed.</summary>
    internal int FirstSeed { get; init; }

    /// <summary>Gets the captioned images of stage 1.</summary>
    internal int Captions { get; init; } = 4000;

    /// <summary>Gets the problems that are trained.</summary>
    internal int Problems { get; init; } = 1000;

    /// <summary>Gets the held-out problems that are asked.</summary>
    internal int Questions { get; init; } = 600;

    /// <summary>Gets the optimizer steps of stage 1.</summary>
    internal int PretrainSteps { get; init; } = 120;

    /// <summary>Gets the optimizer steps of 16 problems; with 1000 problems 750 of them are 12 epochs, as in the paper.</summary>
    internal int FinetuneSteps { get; init; } = 750;

    /// <summary>Gets the most steps of the base models: the vision tower's, then the small language model's twice.</summary>
    internal AblationBaseSteps BaseSteps { get; init; } = new(600, 800, 500);

    /// <summary>Gets the command line that asked for them, or null.</summary>
    internal string? Command { get; init; }
}

/// <summary>Steps that the base models of the ablations are trained.</summary>
/// <param name="Tower">The vision tower.</param>
/// <param name="Lists">The small language model, on lists, at most.</param>
/// <param name="Reading">The small language model, on all kinds of text.</param>
internal sealed record AblationBaseSteps(int Tower, int Lists, int Reading);
