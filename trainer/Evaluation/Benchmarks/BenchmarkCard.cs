namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>A file of a benchmark.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its size, or null where it is not recorded.</param>
/// <param name="Sha256">The hash of the published file, or null where it is not recorded.</param>
internal sealed record BenchmarkFile(string Name, long? Bytes = null, string? Sha256 = null);

/// <summary>A figure that a paper reports.</summary>
/// <param name="Model">Of which model.</param>
/// <param name="Figure">The figure's name, as in <see cref="BenchmarkFigure"/>.</param>
/// <param name="Value">Its value, in percent or as the benchmark's own total.</param>
internal sealed record PublishedFigure(string Model, string Figure, double Value);

/// <summary>What is known of a benchmark and of its files.</summary>
/// <param name="Title">What it is, in a line.</param>
/// <param name="Source">Where its files come from.</param>
/// <param name="Licence">Under which terms.</param>
/// <param name="Size">How many questions and images there are.</param>
/// <param name="Files">Its files.</param>
internal sealed record BenchmarkCard(string Title, string Source, string Licence, string Size, IReadOnlyList<BenchmarkFile> Files)
{
    /// <summary>Gets what papers report.</summary>
    internal IReadOnlyList<PublishedFigure> Published { get; init; } = [];
}
