namespace LlavaCuda.Trainer.Verification;

/// <summary>Numbers that belong together, one tensor's or one step's, as a device computed them and as the reference has them.</summary>
/// <param name="Row">The row of the report that they count in.</param>
/// <param name="Name">Which of the row's they are: a weight, a step; empty where the row has one.</param>
/// <param name="Values">The device's.</param>
/// <param name="Expected">The reference's.</param>
internal sealed record Quantity(string Row, string Name, float[] Values, float[] Expected)
{
    /// <summary>
    /// Gets what a single number was made from: a mean's terms over the root of their count, a norm's elements. Its own rounding error is
    /// one draw, near zero as often as not; theirs has a size, and bounds it: a mean of n errors is at most their root mean square, a
    /// difference of norms at most the norm of the difference.
    /// </summary>
    internal float[]? Parts { get; init; }

    /// <summary>Gets the gradient before the first step at the elements whose updates these are; other quantities have none.</summary>
    internal float[]? Gradient { get; init; }

    /// <summary>
    /// Gets what single precision makes of each element by storing it, where that is not the last bit of <see cref="Values"/>.
    /// </summary>
    internal float[]? LastBits { get; init; }

    /// <summary>
    /// Gets a value indicating whether the updates meant are those of elements without a gradient, which decay alone moves, and not those
    /// of the others.
    /// </summary>
    internal bool Decays { get; init; }

    /// <summary>Gets what errors are divided by for the report, where it is not the norm of <see cref="Expected"/>.</summary>
    internal double? Size { get; init; }
}
