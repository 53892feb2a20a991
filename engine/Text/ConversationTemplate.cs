namespace LlavaCuda.Text;

/// <summary>How a model expects a conversation to be written; the named ones are in <see cref="ConversationTemplates"/>.</summary>
/// <param name="Name">The name in LLaVA's code and options.</param>
/// <param name="Style">How turns are joined.</param>
/// <param name="System">What stands before the first turn.</param>
/// <param name="HumanRole">How the human is called.</param>
/// <param name="AssistantRole">How the model is called.</param>
/// <param name="Separator">What ends a turn, or the human's turns where there is a second one.</param>
/// <param name="AnswerEnd">What ends the model's turns, or null where it is the same.</param>
public sealed partial record ConversationTemplate(
    string Name, TemplateStyle Style, string System, string HumanRole, string AssistantRole, string Separator, string? AnswerEnd)
{
    /// <summary>Gets turns that stand before every conversation.</summary>
    public IReadOnlyList<Turn> Preset { get; init; } = [];

    /// <summary>Gets a value indicating whether images stand between <c>&lt;Image&gt;</c> and <c>&lt;/Image&gt;</c>.</summary>
    public bool TagsImages { get; init; }

    /// <summary>Gets the strings at which an answer ends.</summary>
    public IReadOnlyList<string> StopStrings => [AnswerEnd ?? Separator];

    /// <summary>Writes a conversation as the prompt string of the original code.</summary>
    /// <param name="conversation">The turns; an empty answer is left open, so that the model goes on from there.</param>
    /// <returns>The prompt, with <c>&lt;image&gt;</c> where images go.</returns>
    /// <exception cref="ArgumentException">The template has no form for this conversation.</exception>
    public string Render(Conversation conversation) => Prompt(conversation).ToString();

    /// <summary>Writes the name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Name;
}
