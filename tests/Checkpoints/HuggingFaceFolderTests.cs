using System.Text.Json;
using LlavaCuda.Checkpoints;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Tensors;
using LlavaCuda.Text;

namespace LlavaCuda.Tests.Checkpoints;

public sealed class HuggingFaceFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    [InlineData(DType.F16)]
    public void Save_AndOpen_SameConfigAndRoundedWeights(DType type)
    {
        using LoadedModel model = TinyModel.Make(TinyModel.Config(imageToken: 29));
        HuggingFaceFolder.Save(_folder.At("model"), model.Table, model.Device, model.Config, new SaveOptions { Type = type });

        ModelFolder folder = ModelFolder.Open(_folder.At("model"));
        using LoadedModel found = new(folder);
        Assert.Equal(model.Config, folder.Config);
        Assert.Equal(CheckpointLayout.HuggingFace, folder.Layout);
        Assert.Empty(found.Report!.Warnings);
        found.AssertEqual(model, v => Rounded.To(v, type));
        Assert.Equal(["model"], Directory.EnumerateFileSystemEntries(_folder.Root).Select(static p => Path.GetFileName(p)));
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void Save_ReferenceModelTwice_SameBits()
    {
        using LoadedModel model = LoadedModel.Reference();
        HuggingFaceFolder.Save(_folder.At("once"), model.Table, model.Device, model.Config);
        using LoadedModel once = new(ModelFolder.Open(_folder.At("once")));
        HuggingFaceFolder.Save(_folder.At("twice"), once.Table, once.Device, once.Config);

        once.AssertEqual(model, static v => v);
        Assert.All(Directory.EnumerateFiles(_folder.At("once")), file =>
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(_folder.At("twice", Path.GetFileName(file)))));
    }

    [Fact]
    public void Save_SmallShards_DividesWithAnIndex()
    {
        using LoadedModel model = TinyModel.Make(TinyModel.Config(imageToken: 29));
        HuggingFaceFolder.Save(_folder.At("model"), model.Table, model.Device, model.Config, new SaveOptions { MaxShardBytes = 2000 });

        using JsonDocument index = Json("model.safetensors.index.json");
        string[] shards = [.. Directory.EnumerateFiles(_folder.At("model"), "model-*.safetensors").Select(static p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];
        Assert.True(shards.Length > 2);
        Assert.Equal($"model-00001-of-{shards.Length:D5}.safetensors", shards[0]);
        Assert.Equal(model.Table.Count() * 2, index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
        Assert.Equal(model.Table.All.Count, index.RootElement.GetProperty("weight_map").EnumerateObject().Count());
        using LoadedModel found = new(ModelFolder.Open(_folder.At("model")));
        found.AssertEqual(model, static v => Rounded.To(v, DType.BF16));
    }

    [Fact]
    public void Save_VocabularyWithoutImageToken_GrowsInTheFilesOnly()
    {
        LlavaConfig config = TinyModel.Config();
        int size = config.Text.VocabularySize, width = config.Text.HiddenSize;
        using LoadedModel model = TinyModel.Make(config);
        HuggingFaceFolder.Save(_folder.At("model"), model.Table, model.Device, config, new SaveOptions { Type = DType.F32 });

        ModelFolder folder = ModelFolder.Open(_folder.At("model"));
        using LoadedModel found = new(folder);
        Assert.Equal(64, folder.Config.Text.VocabularySize);
        Assert.Equal(size, folder.Config.ImageTokenId);
        Assert.Equal(size + 1, folder.Config.Text.PadTokenId);
        Assert.Equal(size, model.Table["language.embed_tokens.weight"].Value.Rows);
        foreach (string name in new[] { "language.embed_tokens.weight", "language.lm_head.weight" })
        {
            float[] old = model.Values(name), grown = found.Values(name);
            Assert.Equal(old, grown[..old.Length]);
            for (int i = old.Length; i < grown.Length; i++)
            {
                double mean = Enumerable.Range(0, size).Average(row => (double)old[(row * width) + (i % width)]);
                Assert.Equal((float)mean, grown[i], 1e-7f);
            }
        }

        found.AssertEqual(model, static v => v, static p => !p.Name.Contains("embed_tokens", StringComparison.Ordinal) && !p.Name.Contains("lm_head", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void Save_WithTokenizer_AddsTheImageToken()
    {
        LlavaTokenizer tokenizer = LlavaTokenizer.Load(ReferenceFiles.At("layouts", "vicuna"));
        ModelFolder vicuna = ModelFolder.OpenBase(ReferenceFiles.At("layouts", "vicuna"), ReferenceFiles.At("layouts", "clip"), ProjectorConfig.Mlp2);
        using LoadedModel model = new(vicuna);
        HuggingFaceFolder.Save(_folder.At("model"), model.Table, model.Device, model.Config, new SaveOptions { Tokenizer = tokenizer });

        LlavaTokenizer saved = LlavaTokenizer.Load(_folder.At("model"));
        ModelFolder folder = ModelFolder.Open(_folder.At("model"));
        Assert.Null(tokenizer.ImageId);
        Assert.Equal(folder.Config.ImageTokenId, saved.ImageId);
        Assert.Equal(folder.Config.Text.PadTokenId, saved.PadId);
        Assert.Equal(tokenizer.Encode("What is this?</s>"), saved.Encode("What is this?</s>"));
        Assert.Equal(folder.Path, folder.TokenizerFolder);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("llava_llama_2")]
    [InlineData("chatml_direct")]
    [InlineData("plain")]
    public void Save_WithTemplate_EveryFileHasItsJinja(string name)
    {
        string jinja = ConversationTemplates.Parse(name).ToJinja();
        LlavaTokenizer tokenizer = new(SentencePieceTrainer.Train(["some text"], 300), new LlavaTokenizerOptions { ChatTemplate = "of the base" });
        using LoadedModel model = TinyModel.Make(TinyModel.Config());
        HuggingFaceFolder.Save(_folder.At("model"), model.Table, model.Device, model.Config, new SaveOptions { Tokenizer = tokenizer, Template = ConversationTemplates.Parse(name) });

        using JsonDocument legacy = Json("chat_template.json"), own = Json("tokenizer_config.json");
        Assert.Equal(jinja, File.ReadAllText(_folder.At("model", "chat_template.jinja")));
        Assert.Equal(jinja, legacy.RootElement.GetProperty("chat_template").GetString());
        Assert.Equal(jinja, own.RootElement.GetProperty("chat_template").GetString());
        Assert.Equal(name, ModelManifest.TryRead(_folder.At("model"))!.Template);
    }

    [Fact]
    public void Save_WithoutTemplate_WritesNoneButTheTokenizersOwn()
    {
        LlavaTokenizer tokenizer = new(SentencePieceTrainer.Train(["some text"], 300), new LlavaTokenizerOptions { ChatTemplate = "of the base" });
        tokenizer.Save(_folder.At("base"));
        using LoadedModel model = TinyModel.Make(TinyModel.Config());
        HuggingFaceFolder.Save(_folder.At("model"), model.Table, model.Device, model.Config, new SaveOptions { Tokenizer = LlavaTokenizer.Load(_folder.At("base")) });

        using JsonDocument own = Json("tokenizer_config.json");
        Assert.Equal("of the base", own.RootElement.GetProperty("chat_template").GetString());
        Assert.False(File.Exists(_folder.At("model", "chat_template.jinja")) || File.Exists(_folder.At("model", "chat_template.json")));
        Assert.Null(ModelManifest.TryRead(_folder.At("model")));
    }

    [Fact]
    public void Save_Files_SayWhatOtherProgramsNeed()
    {
        using LoadedModel model = TinyModel.Make(TinyModel.Config(imageToken: 29));
        HuggingFaceFolder.Save(_folder.At("model"), model.Table, model.Device, model.Config, new SaveOptions
        {
            Images = new ImageProcessorOptions { ShortestEdge = 8, CropSize = 8, Aspect = ImageAspect.Pad },
            WriteMore = static files => files.WriteFile("more.txt", static stream => stream.WriteByte(1)),
        });

        using JsonDocument config = Json("config.json"), generation = Json("generation_config.json"), processor = Json("processor_config.json");
        JsonElement text = config.RootElement.GetProperty("text_config");
        Assert.Equal("bfloat16", config.RootElement.GetProperty("torch_dtype").GetString());
        Assert.Equal("bfloat16", config.RootElement.GetProperty("dtype").GetString());
        Assert.Equal(model.Config.RowsPerImage, config.RootElement.GetProperty("image_seq_length").GetInt32());
        Assert.Equal("full", config.RootElement.GetProperty("vision_feature_select_strategy").GetString());
        Assert.Equal(50000, text.GetProperty("rope_theta").GetDouble());
        Assert.Equal(50000, text.GetProperty("rope_parameters").GetProperty("rope_theta").GetDouble());
        Assert.Equal("1E-05", text.GetProperty("rms_norm_eps").GetRawText());
        Assert.Equal(["bos_token_id", "eos_token_id", "pad_token_id"], generation.RootElement.EnumerateObject().Select(static p => p.Name));
        Assert.Equal(1, processor.RootElement.GetProperty("num_additional_image_tokens").GetInt32());
        Assert.Equal(4, processor.RootElement.GetProperty("patch_size").GetInt32());
        Assert.True(File.Exists(_folder.At("model", "more.txt")));
        ModelFolder folder = ModelFolder.Open(_folder.At("model"));
        Assert.Equal("pad", folder.ImageAspectRatio);
        Assert.Equal(ImageAspect.Pad, folder.ReadImageOptions().Aspect);
        using SafetensorsFile weights = SafetensorsFile.Open(_folder.At("model", "model.safetensors"));
        Assert.Equal("pt", weights.Metadata["format"]);
        Assert.True(weights.TryGet("vision_tower.vision_model.pre_layrnorm.weight", out _));
        Assert.True(weights.TryGet("language_model.model.norm.weight", out _));
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("mlp3x_gelu")]
    public void Save_OtherProjector_ThrowsBeforeWriting(string projector)
    {
        using LoadedModel model = TinyModel.Make(TinyModel.Config(projector));

        OneLine.Throws<ArgumentException>(() => HuggingFaceFolder.Save(_folder.At("model"), model.Table, model.Device, model.Config), projector, "original layout");
        Assert.False(Directory.Exists(_folder.At("model")));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(3000)]
    [InlineData(8000)]
    public void Save_DiskFull_LeavesTheOlderModelLoadable(int room)
    {
        LlavaConfig config = TinyModel.Config(imageToken: 29);
        using LoadedModel older = new(config), newer = TinyModel.Make(config);
        HuggingFaceFolder.Save(_folder.At("model"), older.Table, older.Device, config);

        OneLine.Throws<IOException>(() => HuggingFaceFolder.Save(_folder.At("model"), newer.Table, newer.Device, config, new SaveOptions { CreateFile = path => new FullDisk(path, room) }), "No space");

        using LoadedModel found = new(ModelFolder.Open(_folder.At("model")));
        found.AssertEqual(older, static v => v);
        Assert.Equal(["model"], Directory.EnumerateFileSystemEntries(_folder.Root).Select(static p => Path.GetFileName(p)));
    }

    [Fact]
    public void Save_OverAShardedModel_RemovesItsShardsAndKeepsStrangers()
    {
        LlavaConfig config = TinyModel.Config(imageToken: 29);
        using LoadedModel older = new(config), newer = TinyModel.Make(config);
        HuggingFaceFolder.Save(_folder.At("model"), older.Table, older.Device, config, new SaveOptions { MaxShardBytes = 2000 });
        _folder.Write("model/notes.txt", "mine");
        _folder.Write("model/checkpoint-1/state.json", "{}");

        HuggingFaceFolder.Save(_folder.At("model"), newer.Table, newer.Device, config);

        Assert.Equal("mine", File.ReadAllText(_folder.At("model", "notes.txt")));
        Assert.True(File.Exists(_folder.At("model", "checkpoint-1", "state.json")));
        Assert.Equal(["model.safetensors"], Directory.EnumerateFiles(_folder.At("model"), "*safetensors*").Select(static p => Path.GetFileName(p)));
        using LoadedModel found = new(ModelFolder.Open(_folder.At("model")));
        found.AssertEqual(newer, static v => Rounded.To(v, DType.BF16));
    }

    private JsonDocument Json(string file) => JsonDocument.Parse(File.ReadAllText(_folder.At("model", file)));
}
