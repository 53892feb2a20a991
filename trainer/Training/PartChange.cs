using LlavaCuda.Models;

namespace LlavaCuda.Trainer.Training;

/// <summary>How far a part's weights have moved in a run.</summary>
/// <param name="Part">The part.</param>
/// <param name="Trained">Whether it was to move.</param>
/// <param name="Largest">The largest difference of a weight; 0 says that no bit has changed.</param>
public readonly record struct PartChange(ModelPart Part, bool Trained, double Largest);
