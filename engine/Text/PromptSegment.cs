namespace LlavaCuda.Text;

/// <summary>A stretch of a prompt.</summary>
/// <param name="Text">The text, or null for an image.</param>
/// <param name="Supervised">Whether loss is taken on its tokens.</param>
/// <param name="Trusted">Whether it is the template's own text, in which strings such as <c>&lt;/s&gt;</c> are control tokens; in what people and models say they are letters.</param>
internal readonly record struct PromptSegment(string? Text, bool Supervised, bool Trusted);
