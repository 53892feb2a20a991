using System.Text.Json.Nodes;
using LlavaCuda.Checkpoints;
using LlavaCuda.Generation;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Checkpoints;

namespace LlavaCuda.Tests.Generation;

[Trait("Category", "Reference")]
public sealed class LlavaModelLoadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public LlavaModelLoadTests() => _folder.CopyOf(ReferenceFiles.Shipped("model"), "model");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null, 4096)]
    [InlineData(300, 300)]
    public void Load_MillionsOfPositions_MakesTablesForTheContextAlone(int? asked, int rows)
    {
        LlavaModelOptions options = new() { ContextLength = asked };
        string expected;
        using (LlavaModel model = Load(options with { ContextLength = 300 }))
        {
            expected = Answer(model);
        }

        Edit("config.json", static config => config["text_config"]!["max_position_embeddings"] = 1 << 26);
        using LlavaModel large = Load(options);

        Assert.Equal((rows, rows), (large.ContextLength, (int)large.Network.Language.Cos.Rows));
        Assert.Equal(expected, Answer(large));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Load_ImpossibleContext_IsRefusedBeforeTheWeightsAreRead(int context)
    {
        File.Delete(_folder.At("model", "model.safetensors"));

        OneLine.Throws<ArgumentException>(() => Load(new LlavaModelOptions { ContextLength = context }), $"{context}", "expected 1 to");
    }

    [Fact]
    public void Load_TensorsThatTheModelDoesNotUse_AreWarnedOf()
    {
        string path = _folder.At("model", "model.safetensors");
        List<TensorSource> tensors = [TensorSource.FromArray("language_model.model.q_norm.weight", DType.F32, new float[] { 1 }, 1)];
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            tensors.AddRange(file.Tensors.Select(static t => TensorSource.FromArray(t.Name, DType.F32, t.ToFloats(), Extents(t.Shape))));
        }

        SafetensorsWriter.Write(path, tensors);
        using LlavaModel model = Load();

        Assert.Contains(model.Warnings, static line => line.Contains("q_norm.weight", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("<x>", 5000)]
    [InlineData("<x>\n\u202e", int.MaxValue)]
    public void Load_TokenOutsideTheVocabulary_IsRefusedByName(string token, int id)
    {
        _folder.Write("model/added_tokens.json", new JsonObject { [token] = id }.ToJsonString());

        OneLine.Throws<InvalidDataException>(() => Load(), _folder.At("model", "added_tokens.json"), "'<x>", $"id {id}", "rows");
    }

    [Fact]
    public void Load_TokenOfTheConfigurationOutsideTheVocabulary_NamesThatFile()
    {
        Edit("tokenizer_config.json", static json => json["added_tokens_decoder"] = new JsonObject { ["5000"] = new JsonObject { ["content"] = "<x>" } });

        OneLine.Throws<InvalidDataException>(() => Load(), _folder.At("model", "tokenizer_config.json"), "'<x>'", "id 5000", "rows");
    }

    private static long[] Extents(Shape shape) => [.. Enumerable.Range(0, shape.Rank).Select(i => shape[i])];

    private static string Answer(LlavaModel model) =>
        string.Concat(model.Ask("What is it?", [], new GenerationOptions { MaxNewTokens = 12 }));

    private LlavaModel Load(LlavaModelOptions? options = null) => LlavaModel.Load(_folder.At("model"), options: options);

    private void Edit(string name, Action<JsonNode> edit)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(_folder.At("model", name)))!;
        edit(json);
        _folder.Write($"model/{name}", json.ToJsonString());
    }
}
