namespace LlavaCuda.Bench.Gpu;

/// <summary>What came of a part.</summary>
/// <param name="Name">The part.</param>
/// <param name="Passed">Whether it ended by itself with exit code 0.</param>
/// <param name="End">How it ended.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="LastLines">The end of its output.</param>
internal sealed record CheckOutcome(string Name, bool Passed, string End, double Seconds, IReadOnlyList<string> LastLines);
