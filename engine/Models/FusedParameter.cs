using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>Neighbouring weights seen as one, so that one matrix product serves them all.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Shape">Extents of all their rows together.</param>
internal sealed record FusedParameter(Parameter First, Shape Shape)
{
    /// <summary>Gets the weights.</summary>
    internal Tensor Value => new(First.Value.Address, First.Value.Type, Shape);

    /// <summary>Gets the gradients; no tensor when frozen.</summary>
    internal Tensor Gradient => First.Trainable ? new Tensor(First.Gradient.Address, First.Gradient.Type, Shape) : default;
}
