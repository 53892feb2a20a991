using System.Text.Json;
using LlavaCuda.Text;

namespace LlavaCuda.Tests.Text;

public sealed class LlavaTokenizerTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void Encode_ReferenceTexts_EqualsTransformers()
    {
        foreach (JsonElement testCase in PromptReference.Cases("encode"))
        {
            Assert.Equal(PromptReference.Numbers(testCase, "ids"), PromptReference.TokenizerOf(testCase).Encode(testCase.GetProperty("text").GetString()!));
        }
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void Load_ReferenceFolder_ReadsTheConfiguration()
    {
        LlavaTokenizer tokenizer = LlavaTokenizer.Load(PromptReference.ModelFolder);
        JsonElement config = JsonElement.Parse(File.ReadAllBytes(Path.Combine(PromptReference.ModelFolder, "tokenizer_config.json")));
        Assert.Equal(config.GetProperty("legacy").GetBoolean(), tokenizer.Options.Legacy);
        Assert.Equal(config.GetProperty("model_max_length").GetInt32(), tokenizer.Options.MaxLength);
        Assert.Equal((1, 2, 0, 0), (tokenizer.BosId, tokenizer.EosId, tokenizer.UnkId, tokenizer.PadId));
        Assert.Equal(tokenizer.Model.Pieces.Count, tokenizer.VocabularySize);
        Assert.Null(tokenizer.ImageId);
    }

    [Fact]
    public void Encode_AddedTokenInText_LegacyPrefixesWhatFollows()
    {
        int size = SampleVocabulary.Model.Pieces.Count;
        int[] hi = SampleVocabulary.Legacy.Encode("hi");
        Assert.Equal([.. hi, size, .. hi], SampleVocabulary.Legacy.WithAddedToken("<image>").Encode("hi<image>hi"));

        int[] bare = [.. SampleVocabulary.Modern.Encode("x</s>hi").SkipWhile(id => id != 2).Skip(1)];
        Assert.Equal([.. hi, size + 5, .. bare], SampleVocabulary.Modern.WithAddedToken("<image>", size + 5).Encode("hi<image>hi"));
        Assert.NotEqual(hi, bare);
    }

    [Fact]
    public void Encode_TokensThatBeginAlike_TakesTheLongest()
    {
        LlavaTokenizer tokenizer = SampleVocabulary.Modern.WithAddedToken("<im", 600).WithAddedToken("<im_end>", 601);
        Assert.Equal([601, 600, 601], tokenizer.Encode("<im_end><im<im_end>"));
        Assert.Equal(602, tokenizer.VocabularySize);
    }

    [Fact]
    public void Encode_StrippingToken_SwallowsWhiteSpace()
    {
        AddedToken token = new("<gap>", 600) { StripLeft = true, StripRight = true };
        LlavaTokenizer tokenizer = new(SampleVocabulary.Model, new LlavaTokenizerOptions { AddedTokens = [token] });
        Assert.Equal(tokenizer.Encode("hi<gap>hi"), tokenizer.Encode("hi \n<gap>  hi"));
    }

    [Fact]
    public void Decode_SpecialTokens_SkippedOrSpelled()
    {
        LlavaTokenizer tokenizer = SampleVocabulary.Modern.WithAddedToken("<image>");
        int[] ids = [1, .. tokenizer.Encode("Hello"), tokenizer.ImageId!.Value, 2];
        Assert.Equal("Hello", tokenizer.Decode(ids));
        Assert.Equal("<s> Hello<image></s>", tokenizer.Decode(ids, skipSpecialTokens: false));
    }

    [Fact]
    public void Save_AndLoad_KeepsEverything()
    {
        LlavaTokenizerOptions options = new() { Legacy = true, AddBos = false, MaxLength = 77, PadToken = "<pad>" };
        LlavaTokenizer saved = new LlavaTokenizer(SentencePieceTrainer.Train(["some text"], 300), options).WithAddedToken("<image>", 500);
        saved.Save(_folder);
        LlavaTokenizer loaded = LlavaTokenizer.Load(_folder);
        Assert.Equal((saved.PadId, 500, 501), (loaded.PadId, loaded.ImageId, loaded.VocabularySize));
        Assert.Equal((true, false, 77), (loaded.Options.Legacy, loaded.Options.AddBos, loaded.Options.MaxLength));
        Assert.Equal(saved.AddedTokens, loaded.AddedTokens);
        Assert.Equal(saved.Model.Pieces, loaded.Model.Pieces);
        Assert.Equal(saved.Encode("some<image>text</s>"), loaded.Encode("some<image>text</s>"));
        Assert.Equal(
            ["added_tokens.json", "special_tokens_map.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json"],
            Directory.GetFiles(_folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Save_LoadedFolder_KeepsForeignSettings()
    {
        Prepare("""{"chat_template": "{{ x }}", "legacy": false, "processor_class": "LlavaProcessor"}""");
        LlavaTokenizer.Load(_folder).WithAddedToken("<image>").Save(_folder);
        JsonElement config = JsonElement.Parse(File.ReadAllBytes(Path.Combine(_folder, "tokenizer_config.json")));
        Assert.Equal("{{ x }}", config.GetProperty("chat_template").GetString());
        Assert.Equal("LlavaProcessor", config.GetProperty("processor_class").GetString());
        Assert.False(config.GetProperty("legacy").GetBoolean());
    }

    [Fact]
    public void Load_NoConfiguration_IsLegacy()
    {
        Prepare(null);
        LlavaTokenizer tokenizer = LlavaTokenizer.Load(_folder);
        Assert.Equal((true, true, null), (tokenizer.Options.Legacy, tokenizer.Options.AddBos, tokenizer.Options.MaxLength));
    }

    [Fact]
    public void Load_AddedTokens_ComeFromBothFiles()
    {
        Prepare("""{"pad_token": {"content": "<pad>"}, "model_max_length": 1e30, "added_tokens_decoder": {"1": {"content": "<s>", "special": true}, "600": {"content": "<image>", "special": false}}}""");
        File.WriteAllText(Path.Combine(_folder, "added_tokens.json"), """{"<image>": 600, "<pad>": 601}""");
        LlavaTokenizer tokenizer = LlavaTokenizer.Load(_folder);
        Assert.Equal((600, 601, 602, null), (tokenizer.ImageId, tokenizer.PadId, tokenizer.VocabularySize, tokenizer.Options.MaxLength));
        Assert.Equal("<image>", tokenizer.Decode([600, 601]));
    }

    [Theory]
    [InlineData("{", "cut off")]
    [InlineData("[]", "a JSON object")]
    [InlineData("""{"legacy": "yes"}""", "legacy")]
    [InlineData("""{"model_max_length": -5}""", "model_max_length")]
    [InlineData("""{"bos_token": 5}""", "bos_token")]
    [InlineData("""{"added_tokens_decoder": {"x": {"content": "<image>"}}}""", "added_tokens_decoder")]
    [InlineData("""{"added_tokens_decoder": {"5": {"content": "<image>"}}}""", "<image>")]
    [InlineData("""{"added_tokens_decoder": {"900": {"content": "</s>"}}}""", "</s>")]
    public void Load_BadConfiguration_NamesTheKey(string config, string expected)
    {
        Prepare(config);
        string message = Assert.Throws<InvalidDataException>(() => LlavaTokenizer.Load(_folder)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.StartsWith(_folder, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Load_FastTokenizerAlone_SaysWhatToCopy()
    {
        Prepare(null);
        LlavaTokenizer.Load(_folder).Save(_folder);
        File.Delete(Path.Combine(_folder, "tokenizer.model"));
        string message = Assert.Throws<FileNotFoundException>(() => LlavaTokenizer.Load(_folder)).Message;
        Assert.Contains("tokenizer.json, but not tokenizer.model", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NothingThere_NamesWhatIsMissing()
    {
        Assert.Contains(_folder, Assert.Throws<DirectoryNotFoundException>(() => LlavaTokenizer.Load(_folder)).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(_folder);
        Assert.Contains("tokenizer.model", Assert.Throws<FileNotFoundException>(() => LlavaTokenizer.Load(_folder)).Message, StringComparison.Ordinal);
    }

    private void Prepare(string? config)
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllBytes(Path.Combine(_folder, "tokenizer.model"), SampleVocabulary.Model.ToBytes());
        if (config is not null)
        {
            File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), config);
        }
    }
}
