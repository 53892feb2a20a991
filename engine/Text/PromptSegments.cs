namespace LlavaCuda.Text;

/// <summary>A prompt in the making.</summary>
internal sealed class PromptSegments
{
    private readonly List<PromptSegment> _items = [];

    public IReadOnlyList<PromptSegment> Items => _items;

    public PromptSegments Add(string text, bool supervised = false)
    {
        _items.Add(new PromptSegment(text, supervised));
        return this;
    }

    public PromptSegments Add(Turn turn, bool supervised = false)
    {
        foreach (ContentPart part in turn.Content)
        {
            _items.Add(new PromptSegment(part.Text, supervised));
        }

        return this;
    }

    public override string ToString() => string.Concat(_items.Select(s => s.Text ?? LlavaTokenizer.ImageMarker));
}
