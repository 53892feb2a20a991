namespace LlavaCuda.Trainer.Verification;

/// <summary>One comparison with the reference. Errors are norms of differences over the norm of the reference's numbers.</summary>
/// <param name="Name">What was compared.</param>
/// <param name="Error">The device's error; of several tensors the root mean square of theirs, or the worst one's.</param>
/// <param name="Rounding">What rounding the activations to the device's precision alone makes of it.</param>
/// <param name="Tolerance">The largest error that passes.</param>
/// <param name="Worst">Where the error is largest, or empty.</param>
public sealed record VerifyRow(string Name, double Error, double Rounding, double Tolerance, string Worst = "")
{
    /// <summary>
    /// Gets a value indicating whether the error is within the tolerance; one that is not a number is not, nor is any where rounding
    /// itself gives none.
    /// </summary>
    public bool Passes => Error <= Tolerance && double.IsFinite(Tolerance);

    /// <summary>Gets a value indicating whether a device that computes nothing, whose error is 1, would not pass.</summary>
    public bool Tells => Tolerance < 1;
}
