namespace LlavaCuda.Generation;

/// <summary>How an answer is generated.</summary>
public sealed record GenerationOptions
{
    /// <summary>Gets the most tokens that an answer may have.</summary>
    public int MaxNewTokens { get; init; } = 512;

    /// <summary>Gets the temperature; 0 always takes the most likely token.</summary>
    public double Temperature { get; init; }

    /// <summary>Gets how many of the most likely tokens are drawn from; 0 is all.</summary>
    public int TopK { get; init; }

    /// <summary>Gets the share of probability that is drawn from: the most likely tokens that reach it together; 1 is all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Gets the seed; the same seed gives the same answer to the same conversation on the same device, whether its earlier turns were read before or all is read at once.</summary>
    public ulong Seed { get; init; }

    /// <summary>Gets texts that end the answer, beside the template's own; they are not part of it.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Refuses values without meaning.</summary>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException">Names the option and what was expected.</exception>
    public GenerationOptions Validate()
    {
        Require(MaxNewTokens >= 1, nameof(MaxNewTokens), MaxNewTokens, "at least 1");
        Require(double.IsFinite(Temperature) && Temperature >= 0, nameof(Temperature), Temperature, "0 or more");
        Require(TopK >= 0, nameof(TopK), TopK, "0 or more");
        Require(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1");
        Require(StopStrings?.Contains(null!) == false, nameof(StopStrings), "null or holds null", "texts");
        return this;
    }

    private static void Require(bool holds, string name, object value, string expected)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"{name} is {value}; expected {expected}."));
        }
    }
}
