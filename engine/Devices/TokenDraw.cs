using System.Runtime.InteropServices;

namespace LlavaCuda.Devices;

/// <summary>How one token is chosen from logits; as four doubles it is a row of the draws of <c>Sampling</c>.</summary>
/// <param name="Uniform">A number in [0, 1) that decides.</param>
/// <param name="Temperature">0 takes the likeliest token.</param>
/// <param name="TopK">How many of the likeliest tokens are drawn from, a whole number; 0 is all.</param>
/// <param name="TopP">The share of probability, of what <paramref name="TopK"/> left, that is drawn from: the likeliest tokens that reach it together; 1 is all.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct TokenDraw(double Uniform, double Temperature, double TopK, double TopP)
{
    /// <summary>The numbers of a draw.</summary>
    internal const int Width = 4;
}
