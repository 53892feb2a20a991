using System.Text;

namespace LlavaCuda.Text;

/// <content>The template in Jinja, for programs that take a model's prompt form from its folder.</content>
public sealed partial record ConversationTemplate
{
    /// <summary>What begins the system's text in ChatML, its control token included.</summary>
    internal const string ChatMlSystemHeader = "<|im_start|>system\n";

    // Content parts and roles that the model does not support must not vanish from the prompt silently.
    private const string RefuseRole = "{{- raise_exception('the roles are system, user and assistant, not ' ~ message['role']) -}}";
    private const string RefusePart = "{{- raise_exception('content is made of text and image parts, not ' ~ part['type']) -}}";
    private const string RefuseImage = "{{- raise_exception('only messages of the user can hold images') -}}";
    private const string Open = "{%- if ns.text -%}", Close = "{%- endif -%}";

    /// <summary>
    /// Writes the template in Jinja, as Hugging Face's processors and tokenizers render it. Messages have the roles <c>system</c>, <c>user</c> and <c>assistant</c>; their content is
    /// a string or a list of <c>text</c> and <c>image</c> parts. Images go before the text of their message, each on a line of its own; system messages replace the template's
    /// own system text; an empty message leaves its role open. What the model has no place for raises an exception.
    /// </summary>
    /// <returns>Jinja that renders the prompts of <see cref="PromptEncoder.EncodePrompt"/>, with <c>&lt;image&gt;</c> where images go.</returns>
    public string ToJinja()
    {
        StringBuilder jinja = new();
        jinja.Append("{%- set ns = namespace(system='', asked=false, text='', turn=0, open=false) -%}");
        jinja.Append("{%- for message in messages -%}");
        jinja.Append("{%- if message['role'] == 'system' -%}").Append(ReadContent(RefuseImage));
        jinja.Append("{%- set ns.system = ns.system + ('\\n' if ns.asked else '') + ns.text -%}{%- set ns.asked = true -%}");
        jinja.Append("{%- elif message['role'] not in ['user', 'assistant'] -%}").Append(RefuseRole).Append("{%- endif -%}{%- endfor -%}");
        jinja.Append($"{{%- set ns.system = {(Style == TemplateStyle.ChatMl ? $"{Quote(ChatMlSystemHeader)} + " : string.Empty)}ns.system if ns.asked else {Quote(System)} -%}}");
        jinja.Append(JinjaHead());
        jinja.Append("{%- for message in messages -%}{%- if message['role'] != 'system' -%}");
        jinja.Append("{%- if message['role'] == 'user' -%}").Append(ReadContent($"{{%- set ns.text = ns.text + {Quote($"{ImageText}\n")} -%}}", imagesFirst: true)).Append(JinjaTurn(Role.Human));
        jinja.Append("{%- else -%}").Append(ReadContent(RefuseImage)).Append(JinjaTurn(Role.Assistant)).Append(Close);
        jinja.Append("{%- set ns.turn = ns.turn + 1 -%}{%- set ns.open = message['role'] == 'assistant' and not ns.text -%}");
        jinja.Append("{%- endif -%}{%- endfor -%}");
        return jinja.Append(JinjaOpenAnswer()).ToString();
    }

    /// <summary>The same template with another system text.</summary>
    /// <param name="system">What the model is told before the first turn, without the template's own marks; control strings in it are read as letters.</param>
    /// <returns>The template.</returns>
    public ConversationTemplate WithSystem(string system) => this with { System = SystemHeader + system };

    private string ImageText => TagsImages ? $"<Image>{LlavaTokenizer.ImageMarker}</Image>" : LlavaTokenizer.ImageMarker;

    /// <summary>Collects a message's content in <c>ns.text</c>. Whoever looks for image parts in a template expects a loop over <c>message['content']</c>.</summary>
    private static string ReadContent(string image, bool imagesFirst = false)
    {
        const string Each = "{%- for part in message['content'] -%}", IsText = "part['type'] == 'text'", IsImage = "part['type'] in ['image', 'image_url']";
        const string Text = "{%- set ns.text = ns.text + part['text'] -%}";
        string read = imagesFirst
            ? $"{Each}{{%- if {IsImage} -%}}{image}{{%- elif {IsText} -%}}{{%- else -%}}{RefusePart}{{%- endif -%}}{{%- endfor -%}}{Each}{{%- if {IsText} -%}}{Text}{{%- endif -%}}{{%- endfor -%}}"
            : $"{Each}{{%- if {IsText} -%}}{Text}{{%- elif {IsImage} -%}}{image}{{%- else -%}}{RefusePart}{{%- endif -%}}{{%- endfor -%}}";
        return "{%- set ns.text = '' -%}{%- if message['content'] is string -%}{%- set ns.text = message['content'] -%}{%- elif message['content'] is not none -%}" + read + "{%- endif -%}";
    }

    private static string Say(string text) => text.Length == 0 ? string.Empty : $"{{{{- {Quote(text)} -}}}}";

    private static string Quote(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}'";

    private string JinjaHead() => Style switch
    {
        TemplateStyle.Llama2 => string.Empty,
        TemplateStyle.Plain => "{{- ns.system -}}",
        TemplateStyle.OneSeparator => $"{{{{- ns.system + {Quote(Separator)} -}}}}{Say(PromptOneSeparator(Preset).ToString()[(System + Separator).Length..])}",
        _ => $"{{{{- ns.system + {Quote(Separator)} -}}}}",
    };

    private string JinjaTurn(Role role)
    {
        bool answer = role == Role.Assistant;
        string name = answer ? AssistantRole : HumanRole, end = Quote(answer ? AnswerEnd ?? Separator : Separator);
        return Style switch
        {
            TemplateStyle.OneSeparator or TemplateStyle.TwoSeparators => $"{Say($"{name}:")}{Open}{{{{- ' ' + ns.text + {end} -}}}}{Close}",
            TemplateStyle.ChatMl => $"{Say(name)}{Open}{{{{- ns.text + {end} -}}}}{Close}",
            TemplateStyle.Llama2 when answer => $"{RefuseFirst("true")}{Open}{{{{- ' ' + ns.text + ' ' + {end} -}}}}{Close}",
            TemplateStyle.Llama2 => $"{RefuseFirst("not ns.text")}{Open}{{%- if ns.turn > 0 -%}}{Say($"{Separator}[INST] ")}{{%- else -%}}{Say("[INST] ")}"
                + "{%- if ns.system -%}{{- '<<SYS>>\\n' + ns.system + '\\n<</SYS>>\\n\\n' -}}{%- endif -%}{%- endif -%}{{- ns.text + ' [/INST]' -}}" + Close,
            _ when answer => $"{Open}{{{{- raise_exception('template {Name} has no form for an answer in a prompt') -}}}}{Close}",
            _ => $"{Open}{{{{- ns.text + {end} -}}}}{Close}",
        };
    }

    private string RefuseFirst(string wrong) =>
        $"{{%- if ns.turn == 0 and {wrong} -%}}{{{{- raise_exception('template {Name} needs a first message of the user that says something') -}}}}{{%- endif -%}}";

    private string JinjaOpenAnswer()
    {
        string role = Style switch
        {
            TemplateStyle.OneSeparator or TemplateStyle.TwoSeparators => $"{AssistantRole}:",
            TemplateStyle.ChatMl => AssistantRole,
            _ => string.Empty,
        };
        return role.Length == 0 ? string.Empty : $"{{%- if add_generation_prompt and not ns.open -%}}{Say(role)}{{%- endif -%}}";
    }
}
