using System.Globalization;
using System.Text.RegularExpressions;

namespace LlavaCuda.Models;

/// <summary>The kind of map from picture features to the language model's width.</summary>
public enum ProjectorKind
{
    /// <summary>One affine map (LLaVA v1).</summary>
    Linear,

    /// <summary>Affine maps with exact GELU between them (LLaVA-1.5 has two).</summary>
    Mlp,

    /// <summary>Features pass unchanged; widths must agree.</summary>
    Identity,
}

/// <summary>Which projector a model has; written as LLaVA does: <c>linear</c>, <c>mlp2x_gelu</c>, <c>identity</c>.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Depth">Number of affine maps: 1 for linear, 0 for identity.</param>
public sealed partial record ProjectorConfig(ProjectorKind Kind, int Depth)
{
    /// <summary>Gets LLaVA-1.5's projector.</summary>
    public static ProjectorConfig Mlp2 { get; } = new(ProjectorKind.Mlp, 2);

    /// <summary>Reads LLaVA's name of a projector.</summary>
    /// <param name="name">For example <c>mlp2x_gelu</c>.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="InvalidDataException">The name is none of LLaVA's.</exception>
    public static ProjectorConfig Parse(string name)
    {
        if (name == "linear")
        {
            return new(ProjectorKind.Linear, 1);
        }

        if (name == "identity")
        {
            return new(ProjectorKind.Identity, 0);
        }

        Match match = MlpName().Match(name);
        return match.Success && int.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out int depth) && depth is >= 1 and <= 16
            ? new(ProjectorKind.Mlp, depth)
            : throw new InvalidDataException($"Projector type '{name}' is unknown; expected linear, mlpNx_gelu or identity.");
    }

    /// <summary>Writes LLaVA's name of the projector.</summary>
    /// <returns>For example <c>mlp2x_gelu</c>.</returns>
    public override string ToString() => Kind switch
    {
        ProjectorKind.Linear => "linear",
        ProjectorKind.Mlp => $"mlp{Depth}x_gelu",
        _ => "identity",
    };

    [GeneratedRegex(@"^mlp(\d{1,2})x_gelu$")]
    private static partial Regex MlpName();
}
