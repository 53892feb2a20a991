using System.Text.Json;
using LlavaCuda.Text;

namespace LlavaCuda.Tests.Text;

/// <summary>The folder of reference outputs: <c>prompts.json</c> and the tokenizer that it was made with.</summary>
internal static class PromptReference
{
    private static readonly string Folder = ReferenceFiles.Root;

    private static readonly Lazy<JsonElement> Prompts = new(() => JsonElement.Parse(File.ReadAllBytes(Path.Combine(Folder, "prompts.json"))));

    private static readonly Lazy<SentencePieceModel> LoadedModel = new(() => SentencePieceModel.Load(Path.Combine(ModelFolder, "tokenizer.model")));

    public static string ModelFolder => Path.Combine(Folder, "model");

    public static SentencePieceModel Model => LoadedModel.Value;

    public static LlavaTokenizer Legacy { get; } = new(Model, new LlavaTokenizerOptions { Legacy = true });

    public static LlavaTokenizer Modern { get; } = new(Model, new LlavaTokenizerOptions { Legacy = false });

    public static IEnumerable<JsonElement> Cases(string section) => Prompts.Value.GetProperty(section).EnumerateArray();

    public static LlavaTokenizer TokenizerOf(JsonElement testCase) => testCase.GetProperty("legacy").GetBoolean() ? Legacy : Modern;

    public static int[] Numbers(JsonElement testCase, string key) => [.. testCase.GetProperty(key).EnumerateArray().Select(n => n.GetInt32())];
}
