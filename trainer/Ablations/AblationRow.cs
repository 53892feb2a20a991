namespace LlavaCuda.Trainer.Ablations;

/// <summary>A row of the table: a variant over all seeds, in percent.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Accuracies">The accuracy of every seed.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their sample standard deviation; 0 for a single seed.</param>
/// <param name="MeanWithImage">The mean accuracy on problems with an image.</param>
/// <param name="NoAnswer">The mean share of answers that named no option.</param>
internal sealed record AblationRow(AblationVariant Variant, IReadOnlyList<double> Accuracies, double Mean, double Deviation, double MeanWithImage, double NoAnswer)
{
    /// <summary>Makes the rows.</summary>
    /// <param name="variants">The variants, in the order of the rows.</param>
    /// <param name="results">The results.</param>
    /// <returns>One row for each variant that has results.</returns>
    internal static IReadOnlyList<AblationRow> Of(IReadOnlyList<AblationVariant> variants, IReadOnlyList<AblationResult> results) =>
    [
        .. from variant in variants
           let mine = results.Where(result => result.Variant == variant.Name).ToList()
           where mine.Count > 0
           let mean = mine.Average(static result => result.Accuracy)
           let squares = mine.Sum(result => (result.Accuracy - mean) * (result.Accuracy - mean))
           select new AblationRow(
               variant,
               [.. mine.Select(static result => result.Accuracy)],
               mean,
               mine.Count > 1 ? Math.Sqrt(squares / (mine.Count - 1)) : 0,
               mine.Average(static result => result.AccuracyWithImage),
               mine.Average(static result => 100.0 * result.NoAnswer / result.Asked)),
    ];
}
