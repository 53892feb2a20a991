namespace LlavaCuda.Trainer.Metrics;

/// <summary>One number that a training step yields, as "loss" or "learning_rate".</summary>
internal readonly record struct Metric(string Name, double Value);
