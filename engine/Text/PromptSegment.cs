namespace LlavaCuda.Text;

/// <summary>A stretch of a prompt: its text, or null for an image, and whether loss is taken on its tokens.</summary>
internal readonly record struct PromptSegment(string? Text, bool Supervised);
