namespace LlavaCuda.Tests.Ops;

/// <summary>Rounding to bf16 by arithmetic on the spacing, so that it shares nothing with the code under test.</summary>
internal static class Bf16
{
    /// <summary>The nearest bf16, ties to even.</summary>
    internal static float Round(double value)
    {
        double spacing = Spacing(value);
        return double.IsFinite(value) ? (float)(Math.Round(value / spacing, MidpointRounding.ToEven) * spacing) : (float)value;
    }

    /// <summary>The distance between neighbouring bf16 where the value lies: 8 significant bits.</summary>
    internal static double Spacing(double value) => Math.ScaleB(1, Math.Max(value == 0 ? -126 : Math.ILogB(value), -126) - 7);
}
