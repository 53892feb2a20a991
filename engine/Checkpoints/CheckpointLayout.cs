namespace LlavaCuda.Checkpoints;

/// <summary>The forms in which a model lies in folders.</summary>
public enum CheckpointLayout
{
    /// <summary>Hugging Face's LLaVA: one folder with everything.</summary>
    HuggingFace,

    /// <summary>The original LLaVA: one folder with language model and projector, another with the vision tower.</summary>
    Original,

    /// <summary>A language model and a vision tower that have never met: what training starts from. There is no projector yet.</summary>
    Base,
}
