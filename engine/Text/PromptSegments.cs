namespace LlavaCuda.Text;

/// <summary>A prompt in the making.</summary>
internal sealed class PromptSegments
{
    private readonly List<PromptSegment> _items = [];
    private readonly List<int> _answers = [];

    public IReadOnlyList<PromptSegment> Items => _items;

    /// <summary>Gets how many items stand before each answer; the prompt that asked for the answer ended there.</summary>
    public IReadOnlyList<int> Answers => _answers;

    /// <summary>Marks that an answer begins here, be it written already or still to be generated.</summary>
    public PromptSegments BeginAnswer(bool begins = true)
    {
        if (begins)
        {
            _answers.Add(_items.Count);
        }

        return this;
    }

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
