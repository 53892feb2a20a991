namespace LlavaCuda.Checkpoints;

/// <summary>What became of the weights when a model was loaded.</summary>
/// <param name="Tensors">The number of tensors that were read.</param>
/// <param name="Bytes">Their size in the files.</param>
/// <param name="Warnings">One line each: tensors of the files that were not used, parameters without a tensor that the forward pass never reads.</param>
public sealed record LoadReport(int Tensors, long Bytes, IReadOnlyList<string> Warnings);
