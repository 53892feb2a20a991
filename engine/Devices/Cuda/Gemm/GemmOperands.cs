namespace LlavaCuda.Devices;

/// <summary>Where the matrices of one product lie.</summary>
/// <param name="D">The result.</param>
/// <param name="C">What is added to, when something is: the result itself, outside of measurements.</param>
/// <param name="A">The left factor.</param>
/// <param name="B">The right factor.</param>
/// <param name="Bias">The bias, or 0.</param>
internal readonly record struct GemmOperands(nint D, nint C, nint A, nint B, nint Bias);
