namespace LlavaCuda.Bench.Gpu;

/// <summary>What a part measured. Written after every row, so that what was measured survives what fails later.</summary>
/// <param name="Rows">The figures.</param>
/// <param name="Notes">What could not be measured, and why.</param>
internal sealed record PartFigures(IReadOnlyList<GpuRow> Rows, IReadOnlyList<string> Notes);
