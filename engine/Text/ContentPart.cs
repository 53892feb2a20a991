namespace LlavaCuda.Text;

/// <summary>A stretch of text, or the place of one image.</summary>
/// <param name="Text">The text; null stands for an image.</param>
public readonly record struct ContentPart(string? Text)
{
    /// <summary>Gets the place of an image.</summary>
    public static ContentPart Image => default;

    /// <summary>Gets a value indicating whether this is the place of an image.</summary>
    public bool IsImage => Text is null;

    /// <summary>Gets a value indicating whether the template put this text there, not the speaker.</summary>
    internal bool IsTemplate { get; init; }
}
