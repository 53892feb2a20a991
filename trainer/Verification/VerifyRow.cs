namespace LlavaCuda.Trainer.Verification;

/// <summary>One comparison with the reference.</summary>
/// <param name="Name">What was compared.</param>
/// <param name="Error">Relative L2 error, or the share of unlike tokens.</param>
/// <param name="Tolerance">The largest error that passes.</param>
/// <param name="Worst">Where the error is largest, or empty.</param>
public sealed record VerifyRow(string Name, double Error, double Tolerance, string Worst = "")
{
    /// <summary>Gets a value indicating whether the error is within the tolerance; an error that is not a number is not.</summary>
    public bool Passes => Error <= Tolerance;
}
