using LlavaCuda.Models;

namespace LlavaCuda.Trainer.Training;

/// <summary>What messages call the parts of a model.</summary>
internal static class PartNames
{
    /// <summary>Names a part, without an article.</summary>
    internal static string InWords(this ModelPart part) => part switch
    {
        ModelPart.Vision => "vision tower",
        ModelPart.Projector => "projector",
        _ => "language model",
    };
}
