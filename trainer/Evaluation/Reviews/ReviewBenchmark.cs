namespace LlavaCuda.Trainer.Evaluation.Reviews;

/// <summary>What is judged: it decides the context that a judge is shown, and which rule counts.</summary>
internal enum ReviewBenchmark
{
    /// <summary>LLaVA-Bench (COCO): five captions and boxes.</summary>
    Coco,

    /// <summary>LLaVA-Bench (In-the-Wild): a caption of several sentences.</summary>
    Wild,

    /// <summary>Questions without images, as Vicuna's 80.</summary>
    Text,
}
