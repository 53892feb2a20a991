namespace LlavaCuda.Trainer.Asking;

/// <summary>How requests are sent.</summary>
/// <param name="Model">The model's name in keys, messages and files.</param>
internal sealed record CallerSettings(string Model)
{
    /// <summary>Gets the name by which the model is asked; by default <see cref="Model"/>.</summary>
    internal string AskedAs { get => field ?? Model; init; }

    /// <summary>Gets where it is asked, or null.</summary>
    internal string? Place { get; init; }

    /// <summary>Gets model and place, for messages.</summary>
    internal string Shown => Place is null ? Model : $"{Model} at {Place}";

    /// <summary>Gets the most requests on their way at once.</summary>
    internal int InFlight { get; init; } = 8;

    /// <summary>Gets the most requests a minute, or null.</summary>
    internal int? RequestsPerMinute { get; init; }

    /// <summary>Gets the most tokens a minute, of requests and of the answers that are expected, or null.</summary>
    internal int? TokensPerMinute { get; init; }

    /// <summary>Gets how long an answer may take.</summary>
    internal TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Gets how often a request is sent before it is given up.</summary>
    internal int Tries { get; init; } = 8;

    /// <summary>
    /// Gets the wait before the second try, which doubles with each further one; a provider that says how long to wait is obeyed instead.
    /// </summary>
    internal TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets the longest such wait.</summary>
    internal TimeSpan MaxDelay { get; init; } = TimeSpan.FromMinutes(1);
}
