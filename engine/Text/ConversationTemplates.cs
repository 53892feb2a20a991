namespace LlavaCuda.Text;

/// <summary>The templates of LLaVA, by the names of its own code.</summary>
public static class ConversationTemplates
{
    private const string HumanSystem =
        "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the human's questions.";

    private const string UserSystem =
        "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions.";

    // The missing space before "The visual content" is the original's.
    private const string TagSystem =
        "A chat between a curious user and an artificial intelligence assistant. The assistant is able to understand the visual content that the user provides, and assist the user with a variety of tasks using natural language.The visual content will be provided with the following format: <Image>visual content</Image>.";

    private const string Llama2System =
        "You are a helpful, respectful and honest assistant. Always answer as helpfully as possible, while being safe.  Your answers should not include any harmful, unethical, racist, sexist, toxic, dangerous, or illegal content. Please ensure that your responses are socially unbiased and positive in nature.\n\nIf a question does not make any sense, or is not factually coherent, explain why instead of answering something not correct. If you don't know the answer to a question, please don't share false information.";

    private const string LlavaLlama2System =
        "You are a helpful language and vision assistant. You are able to understand the visual content that the user provides, and assist the user with a variety of tasks using natural language.";

    private const string MptSystem =
        ConversationTemplate.ChatMlSystemHeader + "A conversation between a user and an LLM-based AI assistant. The assistant gives helpful and honest answers.";

    private const string ChatMlSystem = ConversationTemplate.ChatMlSystemHeader + "Answer the questions.";

    private const string PresetQuestion = "What are the key differences between renewable and non-renewable energy sources?";

    private const string PresetAnswer =
        "Renewable energy sources are those that can be replenished naturally in a relatively short amount of time, such as solar, wind, hydro, geothermal, and biomass. Non-renewable energy sources, on the other hand, are finite and will eventually be depleted, such as coal, oil, and natural gas. Here are some key differences between renewable and non-renewable energy sources:\n1. Availability: Renewable energy sources are virtually inexhaustible, while non-renewable energy sources are finite and will eventually run out.\n2. Environmental impact: Renewable energy sources have a much lower environmental impact than non-renewable sources, which can lead to air and water pollution, greenhouse gas emissions, and other negative effects.\n3. Cost: Renewable energy sources can be more expensive to initially set up, but they typically have lower operational costs than non-renewable sources.\n4. Reliability: Renewable energy sources are often more reliable and can be used in more remote locations than non-renewable sources.\n5. Flexibility: Renewable energy sources are often more flexible and can be adapted to different situations and needs, while non-renewable sources are more rigid and inflexible.\n6. Sustainability: Renewable energy sources are more sustainable over the long term, while non-renewable sources are not, and their depletion can lead to economic and social instability.\n";

    private static readonly Dictionary<string, ConversationTemplate> ByName = new ConversationTemplate[]
    {
        V0("default"),
        V0("v0"),
        Vicuna("v1", UserSystem),
        Vicuna("vicuna_v1", UserSystem),
        new("llama_2", TemplateStyle.Llama2, Llama2System, "USER", "ASSISTANT", "<s>", "</s>"),
        new("mistral_instruct", TemplateStyle.Llama2, string.Empty, "USER", "ASSISTANT", string.Empty, "</s>"),
        ChatMl("chatml_direct", ChatMlSystem),
        ChatMl("mistral_direct", ChatMlSystem),
        new("plain", TemplateStyle.Plain, string.Empty, string.Empty, string.Empty, "\n", null),
        new("v0_plain", TemplateStyle.Plain, string.Empty, string.Empty, string.Empty, "\n", null),
        new("llava_v0", TemplateStyle.OneSeparator, HumanSystem, "Human", "Assistant", "###", null),
        new("v0_mmtag", TemplateStyle.OneSeparator, TagSystem, "Human", "Assistant", "###", null) { TagsImages = true },
        Vicuna("llava_v1", HumanSystem),
        Vicuna("v1_mmtag", TagSystem) with { TagsImages = true },
        new("llava_llama_2", TemplateStyle.Llama2, LlavaLlama2System, "USER", "ASSISTANT", "<s>", "</s>"),
        ChatMl("mpt", MptSystem),
    }.ToDictionary(t => t.Name, StringComparer.Ordinal);

    private static readonly HashSet<string> Systems = [.. ByName.Values.Select(static template => template.System)];

    /// <summary>Gets all templates.</summary>
    public static IReadOnlyCollection<ConversationTemplate> All => ByName.Values;

    /// <summary>Finds a template.</summary>
    /// <param name="name">Its name, in lower case.</param>
    /// <returns>The template.</returns>
    /// <exception cref="ArgumentException">There is none of that name; the message lists those that there are.</exception>
    public static ConversationTemplate Parse(string name) =>
        ByName.TryGetValue(name, out ConversationTemplate? template)
            ? template
            : throw new ArgumentException($"There is no conversation template '{name}'; choose one of {string.Join(", ", ByName.Keys)}");

    /// <summary>Tells whether a system's text is that of one of the templates.</summary>
    internal static bool HasSystem(string text) => Systems.Contains(text);

    /// <summary>Chooses the template for chat with a model, as LLaVA does from the name of its folder.</summary>
    /// <param name="folder">The model's folder or name.</param>
    /// <param name="modelType"><c>model_type</c> of its <c>config.json</c>, which decides where the name says nothing; null if unknown.</param>
    /// <param name="projectorType"><c>mm_projector_type</c> of its <c>config.json</c>; an MLP tells LLaVA-1.5; null if unknown.</param>
    /// <returns>The template.</returns>
    public static ConversationTemplate ForModel(string folder, string? modelType = null, string? projectorType = null)
    {
        string[] path = folder.Split(['/', '\\'], StringSplitOptions.RemoveEmptyEntries);
        bool checkpoint = path.Length > 1 && path[^1].StartsWith("checkpoint-", StringComparison.Ordinal);
        string name = (path.Length == 0 ? string.Empty : checkpoint ? $"{path[^2]}_{path[^1]}" : path[^1]).ToLowerInvariant();
        (string Part, string Template)[] byName =
        [
            ("llama-2", "llava_llama_2"), ("mistral", "mistral_instruct"), ("v1.6-34b", "chatml_direct"), ("v1", "llava_v1"), ("mpt", "mpt"),
        ];
        string? chosen = byName.FirstOrDefault(rule => name.Contains(rule.Part, StringComparison.Ordinal)).Template;

        // Folders of transformers are called llava-1.5-7b-hf and the like; that layout came with version 1.5.
        chosen ??= modelType switch
        {
            "llava" => "llava_v1",
            "llava_mistral" => "mistral_instruct",
            "llava_mpt" => "mpt",
            _ => projectorType?.StartsWith("mlp", StringComparison.Ordinal) == true ? "llava_v1" : "llava_v0",
        };
        return Parse(chosen);
    }

    private static ConversationTemplate V0(string name) => new(name, TemplateStyle.OneSeparator, HumanSystem, "Human", "Assistant", "###", null)
    {
        Preset = [Turn.Human(PresetQuestion), Turn.Assistant(PresetAnswer)],
    };

    private static ConversationTemplate Vicuna(string name, string system) => new(name, TemplateStyle.TwoSeparators, system, "USER", "ASSISTANT", " ", "</s>");

    private static ConversationTemplate ChatMl(string name, string system) =>
        new(name, TemplateStyle.ChatMl, system, "<|im_start|>user\n", "<|im_start|>assistant\n", "<|im_end|>", null);
}
