namespace LlavaCuda.Models;

/// <summary>Whether a forward pass will be followed by a backward pass.</summary>
internal enum PassMode
{
    /// <summary>No: activations are thrown away as early as can be.</summary>
    Inference,

    /// <summary>Yes: what the backward pass needs stays on the arena.</summary>
    Training,
}
