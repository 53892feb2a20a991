namespace LlavaCuda.Bench.Summary;

/// <summary>One line of the summary.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The figure.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Ratio">The figure over another one, or null where there is none.</param>
/// <param name="RatioTo">What the other one is, or why there is none.</param>
internal sealed record SummaryRow(string Name, double Value, string Unit, double? Ratio, string? RatioTo);
