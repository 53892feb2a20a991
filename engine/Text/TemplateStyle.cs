namespace LlavaCuda.Text;

/// <summary>How a template joins turns.</summary>
public enum TemplateStyle
{
    /// <summary><c>Role: text###</c>, the form of LLaVA v0.</summary>
    OneSeparator,

    /// <summary><c>USER: text ASSISTANT: text&lt;/s&gt;</c>, the form of Vicuna 1.1 and later.</summary>
    TwoSeparators,

    /// <summary><c>&lt;|im_start|&gt;role ... &lt;|im_end|&gt;</c>, the form of MPT and ChatML.</summary>
    ChatMl,

    /// <summary><c>[INST] text [/INST] text &lt;/s&gt;</c>, the form of LLaMA-2 chat and Mistral.</summary>
    Llama2,

    /// <summary>An image and its caption, for the first training stage.</summary>
    Plain,
}
