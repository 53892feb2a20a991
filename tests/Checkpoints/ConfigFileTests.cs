using System.Text.Json.Nodes;
using LlavaCuda.Checkpoints;
using LlavaCuda.Images;
using LlavaCuda.Models;

namespace LlavaCuda.Tests.Checkpoints;

public sealed class ConfigFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_PublishedLlava15_FillsTheLibrarysDefaults()
    {
        // The keys that the published 7B configuration has, and no others.
        ModelFolder folder = Open("""
            {"architectures":["LlavaForConditionalGeneration"],"ignore_index":-100,"image_token_index":32000,"model_type":"llava","pad_token_id":32001,"projector_hidden_act":"gelu",
            "text_config":{"_name_or_path":"lmsys/vicuna-7b-v1.5","architectures":["LlamaForCausalLM"],"max_position_embeddings":4096,"model_type":"llama","rms_norm_eps":1e-05,"torch_dtype":"float16","vocab_size":32064},
            "tie_word_embeddings":false,"torch_dtype":"float16","vision_config":{"hidden_size":1024,"image_size":336,"intermediate_size":4096,"model_type":"clip_vision_model","num_attention_heads":16,
            "num_hidden_layers":24,"patch_size":14,"projection_dim":768,"vocab_size":32000},"vision_feature_layer":-2,"vision_feature_select_strategy":"default","vocab_size":32064}
            """);

        Assert.Equal(new VisionConfig { ImageSize = 336 }, folder.Config.Vision);
        Assert.Equal(new TextConfig { MaxPositions = 4096, RmsNormEpsilon = 1e-5f, VocabularySize = 32064 }, folder.Config.Text);
        Assert.Equal(ProjectorConfig.Mlp2, folder.Config.Projector);
        Assert.Equal(32000, folder.Config.ImageTokenId);
        Assert.Equal(576, folder.Config.RowsPerImage);
        Assert.Equal("square", folder.ImageAspectRatio);
        using ParameterTable table = LlavaParameters.Build(folder.Config);
        Assert.Equal(7_063_427_072, table.Count());
    }

    [Fact]
    public void Open_VisionConfigMissing_IsTheTowerOfLlava15() =>
        Assert.Equal(new VisionConfig { ImageSize = 336 }, Open("""{"model_type":"llava","text_config":{"vocab_size":32064}}""").Config.Vision);

    [Fact]
    public void Open_VisionKeysMissing_HaveTheLibrarysDefaults()
    {
        VisionConfig vision = Open("""{"model_type":"llava","text_config":{"vocab_size":32064},"vision_config":{}}""").Config.Vision;

        Assert.Equal((768, 3072, 12, 12, 224, 32, 512), (vision.HiddenSize, vision.IntermediateSize, vision.Layers, vision.Heads, vision.ImageSize, vision.PatchSize, vision.ProjectionSize));
    }

    [Theory]
    [InlineData("rope_theta", "500000", 500000)]
    [InlineData("rope_parameters", """{"rope_theta":250000.0,"rope_type":"default"}""", 250000)]
    [InlineData("rope_scaling", "null", 10000)]
    [InlineData("rope_scaling", """{"type":"default"}""", 10000)]
    public void Open_RotaryBase_IsFoundInEveryPlace(string key, string value, double theta) => Assert.Equal(theta, OpenWith($"text_config.{key}", value).Config.Text.RopeTheta);

    [Theory]
    [InlineData("text_config.num_attention_heads", "8", "HeadSize = 16,")]
    [InlineData("text_config.head_dim", "64", "HeadSize = 64,")]
    [InlineData("text_config.num_key_value_heads", "1", "KvHeads = 1,")]
    [InlineData("text_config.num_key_value_heads", "null", "KvHeads = 4,")]
    [InlineData("text_config.pad_token_id", "-1", "PadTokenId = ,")]
    [InlineData("vision_feature_layer", "0", "VisionBlocks = 0,")]
    [InlineData("vision_feature_layer", "-1", "VisionBlocks = 2,")]
    [InlineData("vision_feature_select_strategy", "\"full\"", "RowsPerImage = 5 ")]
    [InlineData("image_token_id", "7", "ImageTokenId = 7,")]
    public void Open_Key_ChangesTheConfiguration(string key, string value, string part) => Assert.Contains(part, OpenWith(key, value).Config.ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("model_type", "\"llava_next\"", "llava_next")]
    [InlineData("model_type", "\"llama\"", "language model alone")]
    [InlineData("model_type", "7", "a string")]
    [InlineData("vision_feature_layer", "[-2,-5]", "several layers are not supported")]
    [InlineData("vision_feature_layer", "-9", "hidden states")]
    [InlineData("vision_feature_select_strategy", "\"cls\"", "default or full")]
    [InlineData("projector_hidden_act", "\"relu\"", "gelu")]
    [InlineData("multimodal_projector_bias", "false", "true")]
    [InlineData("image_token_index", "99", "vocabulary")]
    [InlineData("image_token_index", "-3", "token id")]
    [InlineData("image_aspect_ratio", "\"anyres\"", "square or pad")]
    [InlineData("quantization_config", "{}", "not supported")]
    [InlineData("text_config", "[]", "an object")]
    [InlineData("text_config.model_type", "\"mistral\"", "llama")]
    [InlineData("text_config.hidden_size", "-64", "whole number from 1")]
    [InlineData("text_config.hidden_size", "\"64\"", "whole number")]
    [InlineData("text_config.hidden_size", "64.5", "whole number")]
    [InlineData("text_config.hidden_size", "1e30", "whole number")]
    [InlineData("text_config.num_hidden_layers", "2000000000", "from 1 to 4096")]
    [InlineData("text_config.num_attention_heads", "7", "divisor")]
    [InlineData("text_config.num_key_value_heads", "3", "divide")]
    [InlineData("text_config.head_dim", "3", "head_dim")]
    [InlineData("text_config.rms_norm_eps", "0", "positive number")]
    [InlineData("text_config.rms_norm_eps", "true", "positive number")]
    [InlineData("text_config.rope_theta", "-1", "positive number")]
    [InlineData("text_config.rope_scaling", """{"type":"longrope","factor":2}""", "default")]
    [InlineData("text_config.rope_parameters", """{"rope_type":"yarn"}""", "default")]
    [InlineData("text_config.rope_parameters", """{"partial_rotary_factor":0.5}""", "1")]
    [InlineData("text_config.attention_bias", "true", "not supported")]
    [InlineData("text_config.mlp_bias", "true", "not supported")]
    [InlineData("text_config.sliding_window", "4096", "not supported")]
    [InlineData("text_config.hidden_act", "\"gelu\"", "silu")]
    [InlineData("vision_config.hidden_act", "\"gelu\"", "quick_gelu")]
    [InlineData("vision_config.model_type", "\"siglip_vision_model\"", "clip_vision_model")]
    [InlineData("vision_config.num_channels", "1", "3")]
    [InlineData("vision_config.patch_size", "13", "patch_size")]
    [InlineData("vision_config.num_attention_heads", "5", "num_attention_heads")]
    public void Open_ValueThatWouldComputeSomethingElse_NamesFileAndKey(string key, string value, string part) =>
        OneLine.Throws<InvalidDataException>(() => OpenWith(key, value), "config.json", key.Split('.')[^1], part);

    [Theory]
    [InlineData("s2", "true")]
    [InlineData("mm_use_im_start_end", "true")]
    [InlineData("mm_patch_merge_type", "\"spatial_unpad\"")]
    [InlineData("mm_vision_select_feature", "\"cls\"")]
    [InlineData("mm_projector_type", "\"resampler\"")]
    [InlineData("mm_hidden_size", "1024")]
    [InlineData("mm_vision_select_layer", "null")]
    [InlineData("image_aspect_ratio", "\"anyres\"")]
    [InlineData("rope_scaling", """{"type":"yarn","factor":2}""")]
    [Trait("Category", "Reference")]
    public void Open_OriginalThatWouldComputeSomethingElse_NamesFileAndKey(string key, string value)
    {
        _folder.CopyOf(ReferenceFiles.At("layouts", "original"), "model");
        JsonObject config = JsonNode.Parse(File.ReadAllText(_folder.At("model", "config.json")))!.AsObject();
        config[key] = JsonNode.Parse(value);
        _folder.Write("model/config.json", config.ToJsonString());

        OneLine.Throws<InvalidDataException>(() => ModelFolder.Open(_folder.At("model"), ReferenceFiles.At("layouts", "clip")), "config.json", key);
    }

    [Theory]
    [InlineData("{", "the text ends")]
    [InlineData("[]", "a JSON object")]
    [InlineData("", "empty")]
    [InlineData("""{"model_type":"llava"}""", "model_type")]
    public void Open_BrokenFile_Throws(string text, string part) => OneLine.Throws<InvalidDataException>(() => Open(text), "config.json", part);

    [Theory]
    [InlineData("preprocessor_config.json", """{"size":28,"crop_size":28}""", ImageAspect.Square)]
    [InlineData("preprocessor_config.json", """{"size":28,"crop_size":28,"do_pad":true}""", ImageAspect.Pad)]
    [InlineData("processor_config.json", """{"image_processor":{"size":{"shortest_edge":28},"crop_size":{"height":28,"width":28},"do_pad":true}}""", ImageAspect.Pad)]
    public void ReadImageOptions_EveryPlace_IsFound(string file, string text, ImageAspect aspect)
    {
        _folder.Write(Path.Combine("model", file), text);

        ImageProcessorOptions options = OpenWith("ignore_index", "-100").ReadImageOptions();

        Assert.Equal((28, 28, aspect), (options.ShortestEdge, options.CropSize, options.Aspect));
    }

    [Fact]
    public void ReadImageOptions_PicturesOfAnotherSize_Throws()
    {
        _folder.Write("model/preprocessor_config.json", """{"size":224,"crop_size":224}""");

        OneLine.Throws<InvalidDataException>(() => OpenWith("ignore_index", "-100").ReadImageOptions(), "preprocessor_config.json", "224", "28");
    }

    private ModelFolder OpenWith(string key, string value)
    {
        JsonObject config = JsonNode.Parse("""
            {"model_type":"llava","text_config":{"hidden_size":128,"intermediate_size":96,"num_hidden_layers":1,"num_attention_heads":4,"vocab_size":64},
            "vision_config":{"hidden_size":32,"intermediate_size":48,"num_hidden_layers":2,"num_attention_heads":2,"image_size":28,"patch_size":14}}
            """)!.AsObject();
        if (key != "image_token_id")
        {
            config["image_token_index"] = 63;
        }

        string[] path = key.Split('.');
        (path.Length == 1 ? config : config[path[0]]!.AsObject())[path[^1]] = JsonNode.Parse(value);
        return Open(config.ToJsonString());
    }

    private ModelFolder Open(string config)
    {
        _folder.Write("model/config.json", config);
        return ModelFolder.Open(_folder.At("model"));
    }
}
