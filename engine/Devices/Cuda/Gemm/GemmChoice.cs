using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <summary>The algorithm that was chosen for a problem.</summary>
/// <param name="Algorithm">The algorithm.</param>
/// <param name="Microseconds">How long it took, for people; not-a-number if it was not measured.</param>
internal readonly record struct GemmChoice(CublasLtMatmulAlgo Algorithm, double Microseconds);
