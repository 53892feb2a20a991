namespace LlavaCuda.Checkpoints;

/// <summary>How Hugging Face's processors render conversations for LLaVA-1.5: upper-case roles, pictures before the text, no system text.</summary>
internal static class ChatTemplateText
{
    /// <summary>Gets a Jinja template that renders one question about a picture as <c>USER: &lt;image&gt;\nWhat? ASSISTANT:</c>.</summary>
    internal const string Llava =
        "{% for turn in messages %}{{ turn['role'] | upper + ': ' }}"
        + "{% if turn['content'] is string %}{{ turn['content'] + ' ' }}{% else %}"
        + "{% for part in turn['content'] if part['type'] == 'image' %}{{ '<image>\\n' }}{% endfor %}"
        + "{% for part in turn['content'] if part['type'] == 'text' %}{{ part['text'] + ' ' }}{% endfor %}"
        + "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}";
}
