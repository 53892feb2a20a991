namespace LlavaCuda.Text;

/// <summary>What one speaker says at a time.</summary>
/// <param name="role">Who speaks.</param>
/// <param name="content">Text and images in their order.</param>
public sealed class Turn(Role role, IReadOnlyList<ContentPart> content)
{
    /// <summary>What Python's strip takes away: .NET's white space and four separators that .NET does not count.</summary>
    private static readonly string WhiteSpace = string.Concat(
        Enumerable.Range(0, char.MaxValue).Select(c => (char)c).Where(c => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F'));

    /// <summary>Gets who speaks.</summary>
    public Role Role { get; } = role;

    /// <summary>Gets text and images in their order.</summary>
    public IReadOnlyList<ContentPart> Content { get; } = content;

    /// <summary>Gets the number of images.</summary>
    public int ImageCount => Content.Count(p => p.IsImage);

    /// <summary>Gets a value indicating whether nothing is said; an empty turn of the assistant is one that is to be generated.</summary>
    public bool IsEmpty => Content.All(p => p.Text is { Length: 0 });

    /// <summary>Makes a question with images before it, each on a line of its own, as LLaVA was trained.</summary>
    /// <param name="text">The question.</param>
    /// <param name="images">The number of images.</param>
    /// <returns>The turn.</returns>
    public static Turn Human(string text, int images = 0) =>
        new(Role.Human, [.. Enumerable.Range(0, images).SelectMany(_ => (ContentPart[])[ContentPart.Image, new("\n")]), new(text)]);

    /// <summary>
    /// Makes a turn of the human's from what came with it: the rule by which every prompt places its images. In text, <c>&lt;image&gt;</c> marks the place of an image, as in training data; without
    /// markers, images stand where they are among the parts, each before a line end. Then they go as <paramref name="order"/> says.
    /// </summary>
    /// <param name="parts">Text and images.</param>
    /// <param name="order">Where the images go.</param>
    /// <returns>The turn.</returns>
    /// <exception cref="ArgumentException">There are markers, but not one for each image.</exception>
    public static Turn Human(IReadOnlyList<ContentPart> parts, ImageOrder order)
    {
        string text = string.Concat(parts.Select(static p => p.Text));
        int images = parts.Count(static p => p.IsImage);
        Turn marked = FromMarked(Role.Human, text);
        if (marked.ImageCount > 0 && marked.ImageCount != images)
        {
            throw new ArgumentException($"The question marks {Count(marked.ImageCount, "place")} with {LlavaTokenizer.ImageMarker}, but {Count(images, "image")} came with it; expected a marker for each image, or none.");
        }

        return marked.ImageCount > 0 ? (order == ImageOrder.First ? marked.WithImageFirst() : marked)
            : order == ImageOrder.First ? Human(text, images)
            : new Turn(Role.Human, [.. parts.SelectMany(static p => p.IsImage ? (ContentPart[])[p, new("\n")] : [p])]);

        static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
    }

    /// <summary>Makes an answer.</summary>
    /// <param name="text">The answer; an empty one is to be generated.</param>
    /// <returns>The turn.</returns>
    public static Turn Assistant(string text) => new(Role.Assistant, [new(text)]);

    /// <summary>Makes a turn from text in which <c>&lt;image&gt;</c> marks the place of an image.</summary>
    /// <param name="role">Who speaks.</param>
    /// <param name="text">The text with its markers.</param>
    /// <returns>The turn, without empty stretches of text.</returns>
    public static Turn FromMarked(Role role, string text)
    {
        List<ContentPart> content = [];
        string[] chunks = text.Split(LlavaTokenizer.ImageMarker);
        for (int i = 0; i < chunks.Length; i++)
        {
            if (i > 0)
            {
                content.Add(ContentPart.Image);
            }

            if (chunks[i].Length > 0)
            {
                content.Add(new ContentPart(chunks[i]));
            }
        }

        return new Turn(role, content);
    }

    /// <summary>
    /// The same turn with its images at the front, each on a line of its own. LLaVA's code, which knows one image a sample, makes one marker of several; here every image keeps its own.
    /// </summary>
    internal Turn WithImageFirst()
    {
        if (ImageCount == 0)
        {
            return this;
        }

        string text = string.Concat(Content.Select(p => p.Text)).AsSpan().Trim(WhiteSpace).ToString();
        List<ContentPart> content = [ContentPart.Image];
        for (int i = 1; i < ImageCount; i++)
        {
            content.Add(new ContentPart("\n"));
            content.Add(ContentPart.Image);
        }

        if (text.Length > 0)
        {
            content.Add(new ContentPart($"\n{text}"));
        }

        return new Turn(Role, content);
    }

    /// <summary>Every image between tags that the model reads as text.</summary>
    internal Turn WithTaggedImages(string open, string close) =>
        ImageCount == 0 ? this : new Turn(Role, [.. Content.SelectMany(p => p.IsImage ? (ContentPart[])[new(open) { IsTemplate = true }, p, new(close) { IsTemplate = true }] : [p])]);
}
