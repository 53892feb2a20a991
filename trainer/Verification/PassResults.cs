namespace LlavaCuda.Trainer.Verification;

/// <summary>What a device computed of a reference's passes.</summary>
/// <param name="Quantities">In the order of the report; the same of every device.</param>
/// <param name="TokenLogits">The logits that each of the reference's tokens is chosen from, computed in one pass.</param>
/// <param name="Tokens">The tokens that the device chose in their place, one by one; none from a device that was not asked.</param>
internal sealed record PassResults(Quantity[] Quantities, float[][] TokenLogits, int[] Tokens);
