namespace LlavaCuda.Trainer.Training;

/// <summary>The two stages of LLaVA's recipe.</summary>
public enum TrainingStage
{
    /// <summary>Feature alignment: the projector alone learns, from captions.</summary>
    Pretrain,

    /// <summary>Visual instruction tuning: projector and language model learn, from conversations.</summary>
    Finetune,
}

/// <summary>What happens when the output folder holds checkpoints.</summary>
public enum ResumePolicy
{
    /// <summary>Training goes on from the newest one, as if it had never stopped.</summary>
    Auto,

    /// <summary>Training begins anew; they are deleted.</summary>
    Never,
}
