using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>The three parts of a LLaVA, each trained or frozen as a whole.</summary>
public enum ModelPart
{
    /// <summary>The CLIP tower.</summary>
    Vision,

    /// <summary>The map between the two widths.</summary>
    Projector,

    /// <summary>The LLaMA, its embedding and head included.</summary>
    Language,
}

/// <summary>One named weight. Its tensors are views into the table's arenas and do not exist before <see cref="ParameterTable.Allocate"/>.</summary>
public sealed class Parameter
{
    internal Parameter(string name, Shape shape, ModelPart part)
    {
        Name = name;
        Shape = shape;
        Part = part;
    }

    /// <summary>Gets the engine's own name, for example <c>language.layers.0.self_attn.q_proj.weight</c>; checkpoints map theirs to it.</summary>
    public string Name { get; }

    /// <summary>Gets the extents, as checkpoints store them: <c>[out, in]</c> for a matrix.</summary>
    public Shape Shape { get; }

    /// <summary>Gets the part it belongs to.</summary>
    public ModelPart Part { get; }

    /// <summary>Gets a value indicating whether weight decay applies: to matrices, not to biases, norms and single vectors.</summary>
    public bool Decays => Shape.Rank > 1;

    /// <summary>Gets a value indicating whether it is trained.</summary>
    public bool Trainable { get; internal set; }

    /// <summary>Gets the weight.</summary>
    public Tensor Value { get; internal set; }

    /// <summary>Gets the gradient in single precision; no tensor when frozen.</summary>
    public Tensor Gradient { get; internal set; }

    /// <summary>Gets the element offset in the arena of weights.</summary>
    internal long Offset { get; set; }
}
