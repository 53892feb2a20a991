using System.Text.Json;
using LlavaCuda.Text;

namespace LlavaCuda.Tests.Text;

/// <summary>The chat templates and tokenizers that are saved for other programs, against what Jinja and Hugging Face's tokenizers made of them: <c>make_chat_template_reference.py</c>.</summary>
public sealed class ChatTemplateTests
{
    private static readonly string Recorded = Path.Combine(AppContext.BaseDirectory, "reference", "chat_templates");
    private static readonly string Current = Path.Combine(AppContext.BaseDirectory, "chat_templates");
    private static readonly LlavaTokenizer Modern = Tokenizer(legacy: false);
    private static readonly LlavaTokenizer Legacy = Tokenizer(legacy: true);
    private static readonly JsonElement Expected = JsonElement.Parse(File.ReadAllBytes(Path.Combine(Recorded, "expected.json")));

    public static TheoryData<string> Names { get; } = [.. ConversationTemplates.All.Select(t => t.Name)];

    [Fact]
    [Trait("Category", "Reference")]
    public void Saved_TemplatesAndTokenizers_AreTheRecordedOnes()
    {
        Dictionary<string, string> current = ConversationTemplates.All.ToDictionary(t => $"{t.Name}.jinja", t => t.ToJinja());
        current.Add("tokenizer.json", FastTokenizer(Modern));
        current.Add("tokenizer-legacy.json", FastTokenizer(Legacy));
        Directory.CreateDirectory(Current);
        foreach ((string name, string text) in current)
        {
            File.WriteAllText(Path.Combine(Current, name), text);
        }

        string[] changed = [.. current.Where(f => !File.Exists(Path.Combine(Recorded, f.Key)) || File.ReadAllText(Path.Combine(Recorded, f.Key)) != f.Value).Select(f => f.Key)];
        Assert.True(changed.Length == 0, $"{string.Join(", ", changed)}: not what the reference was made with; make it anew with make_chat_template_reference.py --templates {Current}");
    }

    [Theory]
    [Trait("Category", "Reference")]
    [MemberData(nameof(Names))]
    public void ToJinja_RecordedConversations_RendersThePrompt(string name)
    {
        ConversationTemplate template = ConversationTemplates.Parse(name);
        int compared = 0, raised = 0;

        // What is equal under two names is recorded under the first.
        string recorded = ConversationTemplates.All.Where(t => t.ToJinja() == template.ToJinja()).Select(t => t.Name).Order(StringComparer.Ordinal).First();
        foreach (JsonElement testCase in Expected.GetProperty("cases").EnumerateArray().Where(c => c.GetProperty("template").GetString() == recorded))
        {
            JsonElement messages = Expected.GetProperty("conversations")[testCase.GetProperty("conversation").GetInt32()];
            bool opened = testCase.GetProperty("add_generation_prompt").GetBoolean();
            if (!testCase.TryGetProperty("text", out JsonElement text))
            {
                Assert.NotEmpty(testCase.GetProperty("error").GetString()!);
                AssertRefused(template, messages);
                raised++;
                continue;
            }

            (ConversationTemplate form, Conversation conversation) = Read(template, messages);
            Assert.Equal(text.GetString(), form.Render(Tagged(form, opened ? Opened(conversation) : conversation)));
            compared++;
            if (opened && conversation.Turns[^1] is { Role: Role.Human } or { IsEmpty: true })
            {
                Assert.Equal(PromptReference.Numbers(testCase, "ids"), Ids(form, conversation, Modern));
                Assert.Equal(PromptReference.Numbers(testCase, "legacy_ids"), Ids(form, conversation, Legacy));
            }
        }

        Assert.True(compared > 15 && raised > 6, $"{compared} compared, {raised} exceptions");
    }

    [Fact]
    public void WithSystem_EveryStyle_KeepsTheTemplatesOwnMarks()
    {
        foreach (ConversationTemplate template in ConversationTemplates.All)
        {
            string prompt = template.WithSystem("Be brief.").Render(new Conversation([Turn.Human("Why?")]));
            string marked = template.Style switch
            {
                TemplateStyle.ChatMl => "<|im_start|>system\nBe brief.<|im_end|>",
                TemplateStyle.Llama2 => "<<SYS>>\nBe brief.\n<</SYS>>",
                _ => $"Be brief.{(template.Style == TemplateStyle.Plain ? string.Empty : template.Separator)}",
            };
            Assert.Contains(marked, prompt, StringComparison.Ordinal);
            Assert.True(template.System.Length == 0 || !prompt.Contains(template.System, StringComparison.Ordinal));
        }
    }

    private static LlavaTokenizer Tokenizer(bool legacy)
    {
        SentencePieceModel model = SentencePieceModel.Load(Path.Combine(AppContext.BaseDirectory, "reference", "model", "tokenizer.model"));
        return new LlavaTokenizer(model, new LlavaTokenizerOptions { Legacy = legacy }).WithAddedToken(LlavaTokenizer.ImageMarker);
    }

    private static string FastTokenizer(LlavaTokenizer tokenizer)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            tokenizer.Save(folder.FullName);
            return File.ReadAllText(Path.Combine(folder.FullName, "tokenizer.json"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Messages in OpenAI's form, read as a chat has them: images before the text.
    private static (ConversationTemplate Template, Conversation Conversation) Read(ConversationTemplate template, JsonElement messages)
    {
        List<string> system = [];
        List<Turn> turns = [];
        foreach (JsonElement message in messages.EnumerateArray())
        {
            JsonElement content = message.GetProperty("content");
            JsonElement[] parts = content.ValueKind == JsonValueKind.Array ? [.. content.EnumerateArray()] : [];
            string text = content.ValueKind == JsonValueKind.String ? content.GetString()! : string.Concat(parts.Where(p => p.TryGetProperty("text", out _)).Select(p => p.GetProperty("text").GetString()));
            if (message.GetProperty("role").GetString() == "system")
            {
                system.Add(text);
            }
            else
            {
                turns.Add(message.GetProperty("role").GetString() == "user" ? Turn.Human(text, parts.Count(p => p.GetProperty("type").GetString() == "image")) : Turn.Assistant(text));
            }
        }

        return (system.Count == 0 ? template : template.WithSystem(string.Join("\n", system)), new Conversation(turns));
    }

    private static Conversation Opened(Conversation conversation) =>
        conversation.Turns[^1] is { Role: Role.Assistant, IsEmpty: true } ? conversation : new Conversation([.. conversation.Turns, Turn.Assistant(string.Empty)]);

    private static Conversation Tagged(ConversationTemplate template, Conversation conversation) =>
        template.TagsImages ? conversation.Select(t => t.WithTaggedImages("<Image>", "</Image>")) : conversation;

    private static IEnumerable<int> Ids(ConversationTemplate template, Conversation conversation, LlavaTokenizer tokenizer) =>
        PromptEncoder.EncodePrompt(template, conversation, tokenizer)
            .SelectMany(id => id == PromptEncoder.ImageToken ? Enumerable.Repeat(tokenizer.ImageId!.Value, Expected.GetProperty("image_rows").GetInt32()) : [id]);

    // The template has no form for it, or messages hold what nothing here takes: other roles, other parts, images that are not the user's.
    private static void AssertRefused(ConversationTemplate template, JsonElement messages)
    {
        bool foreign = messages.EnumerateArray().Any(static m => m.GetProperty("role").GetString() is not ("system" or "user" or "assistant")
            || (m.GetProperty("content") is { ValueKind: JsonValueKind.Array } content && content.EnumerateArray().Any(p =>
                p.GetProperty("type").GetString() is not "text" && (p.GetProperty("type").GetString() is not "image" || m.GetProperty("role").GetString() is not "user"))));
        if (!foreign)
        {
            (ConversationTemplate form, Conversation conversation) = Read(template, messages);
            Assert.Throws<ArgumentException>(() => form.Render(conversation));
        }
    }
}
