namespace LlavaCuda.Trainer.Data;

/// <summary>What is known of a sample beside its tokens.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Images">Paths of its pictures, relative to the folder of pictures.</param>
/// <param name="Tokens">Number of token ids, an image marker counting one.</param>
/// <param name="Rows">Number of rows, pictures included.</param>
/// <param name="Supervised">Number of rows that carry loss.</param>
public readonly record struct TokenizedSample(SamplePlace Place, IReadOnlyList<string> Images, int Tokens, int Rows, int Supervised);
