namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>A field of a table: its text, or where its bytes lie in the file if it is long.</summary>
/// <param name="Text">The text; null if it is long.</param>
/// <param name="Begin">The place of its first byte.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct TsvField(string? Text, long Begin, long Length);
