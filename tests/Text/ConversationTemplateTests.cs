using System.Text.Json;
using LlavaCuda.Text;

namespace LlavaCuda.Tests.Text;

public sealed class ConversationTemplateTests
{
    [Fact]
    [Trait("Category", "Reference")]
    public void Render_ReferenceConversations_EqualsTheOriginal()
    {
        foreach (JsonElement testCase in PromptReference.Cases("prompts"))
        {
            ConversationTemplate template = ConversationTemplates.Parse(testCase.GetProperty("template").GetString()!);
            Conversation conversation = new(testCase.GetProperty("said").EnumerateArray()
                .Select((text, i) => Turn.FromMarked(i % 2 == 0 ? Role.Human : Role.Assistant, text.GetString() ?? string.Empty)));
            if (testCase.TryGetProperty("prompt", out JsonElement prompt))
            {
                Assert.Equal(prompt.GetString(), template.Render(conversation));
            }
            else
            {
                Assert.Contains(template.Name, Assert.Throws<ArgumentException>(() => template.Render(conversation)).Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(Role.Assistant, "I start")]
    [InlineData(Role.Human, "")]
    public void Render_Llama2WithoutQuestion_Throws(Role role, string text)
    {
        Conversation conversation = new([Turn.FromMarked(role, text)]);
        Assert.Contains("llama_2", Assert.Throws<ArgumentException>(() => ConversationTemplates.Parse("llama_2").Render(conversation)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vicuna_v1", "</s>")]
    [InlineData("llava_llama_2", "</s>")]
    [InlineData("mistral_instruct", "</s>")]
    [InlineData("llava_v0", "###")]
    [InlineData("chatml_direct", "<|im_end|>")]
    [InlineData("plain", "\n")]
    public void StopStrings_Template_EndAnAnswer(string name, string stop) =>
        Assert.Equal([stop], ConversationTemplates.Parse(name).StopStrings);

    [Fact]
    public void Parse_UnknownName_ListsThoseThatThereAre()
    {
        string message = Assert.Throws<ArgumentException>(() => ConversationTemplates.Parse("mistral_orca")).Message;
        Assert.Contains("'mistral_orca'", message, StringComparison.Ordinal);
        Assert.All(ConversationTemplates.All, t => Assert.Contains(t.Name, message, StringComparison.Ordinal));
        Assert.Equal(16, ConversationTemplates.All.Count);
    }

    [Theory]
    [InlineData("/models/llava-v1.5-7b/", null, null, "llava_v1")]
    [InlineData("/models/LLaVA-v1.5-13B/checkpoint-200", null, null, "llava_v1")]
    [InlineData("llava-llama-2-13b-chat", null, null, "llava_llama_2")]
    [InlineData("llava-v1.6-mistral-7b", null, null, "mistral_instruct")]
    [InlineData("llava-v1.6-34b", null, null, "chatml_direct")]
    [InlineData("LLaVA-Lightning-MPT-7B-preview", null, null, "mpt")]
    [InlineData("LLaVA-7b-delta-v0", null, null, "llava_v0")]
    [InlineData("llava-1.5-7b-hf", "llava", null, "llava_v1")]
    [InlineData("my-run", "llava_llama", "mlp2x_gelu", "llava_v1")]
    [InlineData("my-run", "llava_llama", "linear", "llava_v0")]
    [InlineData("my-run", "llava_mistral", "mlp2x_gelu", "mistral_instruct")]
    public void ForModel_NameAndConfig_ChooseAsLlavaDoes(string folder, string? modelType, string? projectorType, string expected) =>
        Assert.Equal(expected, ConversationTemplates.ForModel(folder, modelType, projectorType).Name);
}
