using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using LlavaCuda.Models;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// The names that weights have in the files of Hugging Face's libraries (every layout of their versions 4 and 5, in memory too), of the original LLaVA, of a Vicuna and of a
/// CLIP, and the engine's own names. Only prefixes and the places of the projector's maps differ.
/// </summary>
public static class CheckpointNames
{
    private const string OriginalProjector = "mm_projector.";

    // Longer prefixes before those they begin with.
    private static readonly (string Theirs, string Ours)[] Prefixes =
    [
        ("model.vision_tower.vision_tower.vision_model.", "vision."),
        ("model.vision_tower.vision_tower.", "vision."),
        ("model.vision_tower.vision_model.", "vision."),
        ("model.vision_tower.", "vision."),
        ("vision_tower.vision_model.", "vision."),
        ("vision_tower.", "vision."),
        ("vision_model.", "vision."),
        ("model.multi_modal_projector.", "projector."),
        ("multi_modal_projector.", "projector."),
        ("language_model.model.", "language."),
        ("language_model.lm_head.", "language.lm_head."),
        ("model.language_model.", "language."),
        ("model.layers.", "language.layers."),
        ("model.embed_tokens.", "language.embed_tokens."),
        ("model.norm.", "language.norm."),
        ("lm_head.", "language.lm_head."),
        ("embeddings.", "vision.embeddings."),
        ("encoder.", "vision.encoder."),
        ("pre_layrnorm.", "vision.pre_layrnorm."),
        ("post_layernorm.", "vision.post_layernorm."),
    ];

    // CLIP's other half, and buffers that older versions stored though they follow from the configuration.
    private static readonly string[] IgnoredPrefixes = ["text_model.", "text_projection.", "visual_projection.", "logit_scale"];
    private static readonly string[] IgnoredEndings = [".rotary_emb.inv_freq", "embeddings.position_ids"];

    /// <summary>Finds the engine's name of a tensor of a file. No layout needs to be known: their prefixes do not collide.</summary>
    /// <param name="name">For example <c>model.language_model.layers.0.mlp.up_proj.weight</c>.</param>
    /// <param name="engineName">For example <c>language.layers.0.mlp.up_proj.weight</c>; the model may still have no such parameter.</param>
    /// <returns>Whether the name belongs to a known layout and is not ignorable.</returns>
    public static bool TryToEngineName(string name, [NotNullWhen(true)] out string? engineName)
    {
        engineName = null;
        if (IsIgnorable(name))
        {
            return false;
        }

        // The first release cut everything before the last dot off its projector files.
        if (name is "weight" or "bias")
        {
            engineName = "projector.linear_1." + name;
            return true;
        }

        int projector = name.IndexOf(OriginalProjector, StringComparison.Ordinal);
        if (projector >= 0)
        {
            engineName = OriginalProjectorName(name[(projector + OriginalProjector.Length)..]);
            return engineName is not null;
        }

        foreach ((string theirs, string ours) in Prefixes)
        {
            if (name.StartsWith(theirs, StringComparison.Ordinal))
            {
                engineName = string.Concat(ours, name.AsSpan(theirs.Length));
                return true;
            }
        }

        return false;
    }

    /// <summary>Tells whether a tensor of a file is known to be of no use here, such as CLIP's text tower.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <returns>Whether it may be left out without a word.</returns>
    public static bool IsIgnorable(string name) =>
        IgnoredPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) || IgnoredEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>Gives the name that published Hugging Face LLaVA files have, which all versions of the library read.</summary>
    /// <param name="engineName">The engine's name.</param>
    /// <returns>For example <c>language_model.model.norm.weight</c>.</returns>
    public static string ToHuggingFace(string engineName) => engineName.Split('.', 2) switch
    {
        ["vision", string rest] => "vision_tower.vision_model." + rest,
        ["projector", string rest] => "multi_modal_projector." + rest,
        ["language", string rest] => (rest.StartsWith("lm_head.", StringComparison.Ordinal) ? "language_model." : "language_model.model.") + rest,
        _ => throw new ArgumentException($"'{engineName}' is no name of a parameter.", nameof(engineName)),
    };

    /// <summary>Gives the name in the original LLaVA's files.</summary>
    /// <param name="engineName">The engine's name.</param>
    /// <param name="projector">The kind of projector: a linear one has no index in its names.</param>
    /// <returns>For example <c>model.mm_projector.2.bias</c>.</returns>
    public static string ToOriginal(string engineName, ProjectorConfig projector) => engineName.Split('.', 2) switch
    {
        ["vision", string rest] => "model.vision_tower.vision_tower.vision_model." + rest,
        ["projector", string rest] when rest.Split('.') is [string map, string kind] && map.StartsWith("linear_", StringComparison.Ordinal) =>
            projector.Kind == ProjectorKind.Linear ? $"model.mm_projector.{kind}"
            : string.Create(CultureInfo.InvariantCulture, $"model.mm_projector.{(int.Parse(map.AsSpan(7), CultureInfo.InvariantCulture) - 1) * 2}.{kind}"),
        ["language", string rest] => rest.StartsWith("lm_head.", StringComparison.Ordinal) ? rest : "model." + rest,
        _ => throw new ArgumentException($"'{engineName}' is no name of a parameter.", nameof(engineName)),
    };

    // In the original's sequence of modules the activations have the odd places.
    private static string? OriginalProjectorName(string rest) => rest.Split('.') switch
    {
        ["weight" or "bias"] => "projector.linear_1." + rest,
        [string place, ("weight" or "bias") and string kind] when int.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index % 2 == 0 =>
            string.Create(CultureInfo.InvariantCulture, $"projector.linear_{(index / 2) + 1}.{kind}"),
        _ => null,
    };
}
