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

    /// <summary>Adds text of the template.</summary>
    public PromptSegments Add(string text, bool supervised = false)
    {
        _items.Add(new PromptSegment(text, supervised, Trusted: true));
        return this;
    }

    /// <summary>Adds the system's text. A request may have brought it: unless it is a template's own, only the header in it is trusted.</summary>
    public PromptSegments AddSystem(string text, string header)
    {
        int length = ConversationTemplates.HasSystem(text) ? text.Length : text.StartsWith(header, StringComparison.Ordinal) ? header.Length : 0;
        _items.Add(new PromptSegment(text[..length], Supervised: false, Trusted: true));
        _items.Add(new PromptSegment(text[length..], Supervised: false, Trusted: false));
        return this;
    }

    /// <summary>Adds what a speaker says.</summary>
    public PromptSegments Add(Turn turn, bool supervised = false)
    {
        foreach (ContentPart part in turn.Content)
        {
            _items.Add(new PromptSegment(part.Text, supervised, part.IsTemplate));
        }

        return this;
    }

    public override string ToString() => string.Concat(_items.Select(s => s.Text ?? LlavaTokenizer.ImageMarker));
}
