namespace LlavaCuda.Trainer.Training;

/// <summary>The two stages of LLaVA's recipe.</summary>
public enum TrainingStage
{
    /// <summary>Feature alignment: the projector alone learns, from captions.</summary>
    Pretrain,

    /// <summary>Visual instruction tuning: projector and language model learn, from conversations.</summary>
    Finetune,
}
