using System.Globalization;
using System.Text.Json.Nodes;
using LlavaCuda.Checkpoints;
using LlavaCuda.Text;

namespace LlavaCuda.Tests.Checkpoints;

/// <summary>What a model folder says is used, refused or warned of: key by key.</summary>
public sealed class ConfigKeysTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ConfigKeysTests() => _folder.CopyOf(ReferenceFiles.At("layouts", "huggingface"), "model");

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("Category", "Reference")]
    public void Open_ReferenceLayouts_WarnOfNothing()
    {
        Assert.Empty(Warnings());
        Assert.Empty(ModelFolder.Open(ReferenceFiles.At("layouts", "hub-4x")).Warnings);
        Assert.Empty(ModelFolder.Open(ReferenceFiles.At("layouts", "original"), ReferenceFiles.At("layouts", "clip")).Warnings);
        Assert.Empty(ModelFolder.OpenBase(ReferenceFiles.At("layouts", "vicuna"), ReferenceFiles.At("layouts", "clip"), LlavaCuda.Models.ProjectorConfig.Mlp2).Warnings);
    }

    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("config.json", "vision_config", """
        {"add_cross_attention":false,"architectures":null,"attention_dropout":0.0,"bad_words_ids":null,"begin_suppress_tokens":null,"chunk_size_feed_forward":0,"diversity_penalty":0.0,
        "do_sample":false,"dropout":0.0,"early_stopping":false,"encoder_no_repeat_ngram_size":0,"eos_token_id":null,"id2label":{"0":"LABEL_0"},"initializer_factor":1.0,"initializer_range":0.02,
        "is_decoder":false,"length_penalty":1.0,"max_length":20,"min_length":0,"num_beam_groups":1,"num_beams":1,"num_return_sequences":1,"pruned_heads":{},"remove_invalid_values":false,
        "repetition_penalty":1.0,"return_dict":true,"return_dict_in_generate":false,"suppress_tokens":null,"temperature":1.0,"tf_legacy_loss":false,"tie_encoder_decoder":false,
        "tie_word_embeddings":true,"top_k":50,"top_p":1.0,"torch_dtype":null,"torchscript":false,"transformers_version":"4.16.0.dev0","typical_p":1.0,"use_bfloat16":false,"vocab_size":32000}
        """)]
    [InlineData("tokenizer_config.json", "", """
        {"add_prefix_space":true,"additional_special_tokens":[],"clean_up_tokenization_spaces":false,"extra_special_tokens":{"eos":"</s>"},"image_token":"<image>","model_max_length":1e30,"padding_side":"left",
        "processor_class":"LlavaProcessor","sp_model_kwargs":{},"tokenizer_class":"LlamaTokenizer","trust_remote_code":false,"use_default_system_prompt":false}
        """)]
    [InlineData("generation_config.json", "", """{"max_length":4096,"temperature":0.9,"top_p":0.6,"transformers_version":"4.31.0"}""")]
    [InlineData("processor_config.json", "", """{"image_token":"<image>","num_additional_image_tokens":1,"patch_size":14,"processor_class":"LlavaProcessor","vision_feature_select_strategy":"default"}""")]
    [InlineData("preprocessor_config.json", "", """{"do_convert_rgb":true,"feature_extractor_type":"CLIPFeatureExtractor","image_processor_type":"CLIPImageProcessor","processor_class":"LlavaProcessor","resample":3}""")]
    public void Open_WhatPublishedFoldersSay_IsPassedOver(string file, string section, string keys)
    {
        foreach ((string key, JsonNode? value) in JsonNode.Parse(keys)!.AsObject())
        {
            Set(file, section.Length == 0 ? key : $"{section}.{key}", value?.ToJsonString() ?? "null");
        }

        Assert.Empty(Warnings());
    }

    /// <summary>As container runtimes leave them where a file that is to be mounted is missing.</summary>
    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("llava_manifest.json")]
    [InlineData("generation_config.json")]
    [InlineData("processor_config.json")]
    public void Open_FolderInPlaceOfASmallFile_IsNamed(string file)
    {
        string path = Path.Combine(_folder.Root, "model", file);
        File.Delete(path);
        Directory.CreateDirectory(path);
        OneLine.Throws<InvalidDataException>(() => Warnings(), path, "is a folder; expected a file");
    }

    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("config.json", "text_config.rope_scaling", """{"type":"yarn","factor":2}""")]
    [InlineData("config.json", "text_config.rope_scaling", """{"type":"linear"}""")]
    [InlineData("config.json", "text_config.rope_scaling", """{"rope_type":"llama3","factor":8}""")]
    [InlineData("config.json", "text_config.rope_scaling", """{"rope_type":"linear","type":"dynamic","factor":8}""")]
    [InlineData("config.json", "text_config.rope_scaling", """{"type":"linear","factor":2}""")] // rope_parameters says default
    [InlineData("config.json", "text_config.rope_theta", "777")] // rope_parameters says something else
    [InlineData("config.json", "text_config.sliding_window", "4096")]
    [InlineData("config.json", "text_config.attention_bias", "true")]
    [InlineData("config.json", "text_config.mlp_bias", "true")]
    [InlineData("config.json", "text_config.add_cross_attention", "true")]
    [InlineData("config.json", "text_config.hidden_act", "\"gelu\"")]
    [InlineData("config.json", "text_config.quantization_config", """{"bits":4}""")]
    [InlineData("config.json", "text_config.eos_token_id", "[]")]
    [InlineData("config.json", "text_config.eos_token_id", "[2,-1]")]
    [InlineData("config.json", "vision_config.hidden_act", "\"gelu\"")]
    [InlineData("config.json", "vision_config.num_channels", "1")]
    [InlineData("config.json", "projector_hidden_act", "\"relu\"")]
    [InlineData("config.json", "multimodal_projector_bias", "false")]
    [InlineData("config.json", "vision_feature_select_strategy", "\"cls\"")]
    [InlineData("config.json", "vision_feature_layer", "[-2,-5]")]
    [InlineData("config.json", "vision_feature_layer", "[]")]
    [InlineData("config.json", "quantization_config", """{"bits":4}""")]
    [InlineData("config.json", "vocab_size", "7")]
    [InlineData("config.json", "image_token_index", "2")]
    [InlineData("config.json", "image_token_index", "5")]
    [InlineData("config.json", "image_token_id", "5")]
    [InlineData("config.json", "image_aspect_ratio", "\"anyres\"")]
    [InlineData("generation_config.json", "eos_token_id", "\"x\"")]
    [InlineData("processor_config.json", "patch_size", "3")]
    [InlineData("processor_config.json", "image_token", "\"<img>\"")]
    [InlineData("processor_config.json", "processor_class", "\"LlavaNextProcessor\"")]
    [InlineData("processor_config.json", "vision_feature_select_strategy", "\"none\"")]
    [InlineData("processor_config.json", "image_processor", """{"size":9,"crop_size":9}""")]
    [InlineData("preprocessor_config.json", "do_resize", "false")]
    [InlineData("preprocessor_config.json", "do_convert_rgb", "false")]
    [InlineData("preprocessor_config.json", "resample", "2")]
    [InlineData("preprocessor_config.json", "image_processor_type", "\"SiglipImageProcessor\"")]
    [InlineData("preprocessor_config.json", "feature_extractor_type", "\"ViTFeatureExtractor\"")]
    [InlineData("preprocessor_config.json", "data_format", "\"channels_last\"")]
    [InlineData("llava_manifest.json", "template", "\"v7\"")]
    [InlineData("llava_manifest.json", "image_aspect", "\"anyres\"")]
    public void Open_UnsupportedValue_IsRefused(string file, string key, string value)
    {
        Set(file, key, value);
        OneLine.Throws<InvalidDataException>(() => Warnings(), file, key.Split('.')[^1]);
    }

    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("config.json", "text_config.attention_dropout", "0.1")]
    [InlineData("config.json", "text_config.logits_scaling", "8")]
    [InlineData("config.json", "text_config.pruned_heads", """{"1":[0]}""")]
    [InlineData("config.json", "vision_config.dropout", "0.2")]
    [InlineData("config.json", "vision_config.vision_use_head", "true")]
    [InlineData("config.json", "mm_patch_merge_type", "\"spatial\"")]
    [InlineData("config.json", "auto_map", """{"AutoModel":"x.Y"}""")]
    [InlineData("config.json", "text_config.bos_token_id", "5")]
    [InlineData("generation_config.json", "do_sample", "true")]
    [InlineData("generation_config.json", "repetition_penalty", "1.2")]
    [InlineData("generation_config.json", "no_repeat_ngram_size", "3")]
    [InlineData("generation_config.json", "suppress_tokens", "[5]")]
    [InlineData("generation_config.json", "num_beams", "4")]
    [InlineData("processor_config.json", "tiles", "4")]
    [InlineData("preprocessor_config.json", "do_sharpen", "true")]
    [InlineData("preprocessor_config.json", "size", """{"shortest_edge":28,"size_max":99}""")]
    [InlineData("tokenizer_config.json", "added_tokens_decoder", """{"1":{"content":"<s>","special":true,"single_word":true}}""")]
    [InlineData("tokenizer_config.json", "add_eos_token", "true")]
    [InlineData("tokenizer_config.json", "add_prefix_space", "false")]
    [InlineData("tokenizer_config.json", "tokenizer_class", "\"T5Tokenizer\"")]
    [InlineData("tokenizer_config.json", "split_special_tokens", "true")]
    [InlineData("tokenizer_config.json", "do_lower_case", "true")]
    [InlineData("tokenizer_config.json", "sp_model_kwargs", """{"enable_sampling":true}""")]
    [InlineData("tokenizer_config.json", "additional_special_tokens", "[\"<im_patch>\"]")]
    [InlineData("special_tokens_map.json", "eos_token", "\"<unk>\"")]
    [InlineData("special_tokens_map.json", "extra_special_tokens", """{"boi_token":"<boi>"}""")]
    [InlineData("llava_manifest.json", "adapter", "\"x\"")]
    public void Open_WhatIsNotUsed_IsWarnedOf(string file, string key, string value)
    {
        Set(file, key, value);
        Assert.Contains(Warnings(), w => w.Contains(file, StringComparison.Ordinal) && w.Contains(key.Split('.')[^1], StringComparison.Ordinal) && !w.Contains('\n', StringComparison.Ordinal));
    }

    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("config.json", "text_config.rope_parameters", """{"rope_type":"linear","factor":2,"rope_theta":10000}""", "Kind = Linear, Factor = 2")]
    [InlineData("config.json", "text_config.rope_parameters", """{"rope_type":"dynamic","factor":2,"rope_theta":10000}""", "Kind = Dynamic")]
    [InlineData("config.json", "text_config.rope_parameters", """{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":64}""", "OriginalPositions = 64")]
    [InlineData("config.json", "text_config.eos_token_id", "[2,7,9]", "OtherEosTokenIds = 7, 9,")]
    [InlineData("config.json", "vision_feature_layer", "[-2]", "FeatureLayer = -2,")]
    [InlineData("config.json", "vision_feature_layer", "[-1]", "FeatureLayer = -1,")]
    [InlineData("generation_config.json", "eos_token_id", "[2,7]", "OtherEosTokenIds = 7,")]
    [InlineData("generation_config.json", "eos_token_id", "7", "OtherEosTokenIds = 7,")]
    public void Open_SupportedValue_IsUsed(string file, string key, string value, string part)
    {
        Set(file, key, value);
        ModelFolder folder = ModelFolder.Open(_folder.At("model"));
        Assert.Contains(part, folder.Config.ToString(), StringComparison.Ordinal);
        Assert.Empty(folder.Warnings);
    }

    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("config.json", "torch_dtype", "\"float16\"")]
    [InlineData("config.json", "text_config.pretraining_tp", "1")]
    [InlineData("config.json", "text_config.attention_dropout", "0.0")]
    [InlineData("config.json", "text_config.pruned_heads", "{}")]
    [InlineData("config.json", "text_config.sliding_window", "null")]
    [InlineData("config.json", "vision_config.initializer_factor", "1.0")]
    [InlineData("generation_config.json", "temperature", "0.9")]
    [InlineData("generation_config.json", "do_sample", "false")]
    [InlineData("generation_config.json", "repetition_penalty", "1.0")]
    [InlineData("preprocessor_config.json", "_valid_processor_keys", "[\"images\"]")]
    [InlineData("tokenizer_config.json", "sp_model_kwargs", "{}")]
    [InlineData("tokenizer_config.json", "additional_special_tokens", "[\"<s>\"]")]
    [InlineData("llava_manifest.json", "template", "\"v1\"")]
    public void Open_WhatChangesNothing_IsPassedOver(string file, string key, string value)
    {
        Set(file, key, value);
        Assert.Empty(Warnings());
    }

    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("config.json", "")]
    [InlineData("config.json", "text_config.")]
    [InlineData("config.json", "vision_config.")]
    [InlineData("config.json", "text_config.rope_parameters.")]
    [InlineData("generation_config.json", "")]
    [InlineData("preprocessor_config.json", "")]
    [InlineData("processor_config.json", "")]
    [InlineData("tokenizer_config.json", "")]
    [InlineData("special_tokens_map.json", "")]
    [InlineData("llava_manifest.json", "")]
    public void Open_AnyUnknownKey_IsWarnedOf(string file, string section)
    {
        Random random = new(7);
        for (int i = 0; i < 20; i++)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"{(char)('a' + random.Next(26))}{random.Next():x}_{i}");
            string[] values = ["true", "3", "-0.5", "\"text\"", "[1]", """{"a":null}"""];
            Set(file, section + key, values[i % values.Length]);
            Assert.Contains(Warnings(), w => w.Contains(key, StringComparison.Ordinal));
        }
    }

    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("config.json", "image_aspect_ratio", "\"pad\"", "llava_manifest.json", "image_aspect", "\"square\"")]
    [InlineData("config.json", "image_aspect_ratio", "\"square\"", "preprocessor_config.json", "do_pad", "true")]
    [InlineData("config.json", "image_token_index", "3", "config.json", "image_token_id", "4")]
    public void Open_TwoFilesThatDisagree_AreRefused(string file, string key, string value, string otherFile, string otherKey, string otherValue)
    {
        Set(file, key, value);
        Set(otherFile, otherKey, otherValue);
        OneLine.Throws<InvalidDataException>(() => Warnings(), file, key);
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void ReadImageOptions_NoFile_IsRefused()
    {
        File.Delete(_folder.At("model", "preprocessor_config.json"));
        OneLine.Throws<FileNotFoundException>(() => Warnings(), "preprocessor_config.json", _folder.At("model"));
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void CheckTokenizer_NoImageTokenIndex_TakesTheTokenizersWithAWord()
    {
        LlavaTokenizer tokenizer = LlavaTokenizer.Load(_folder.At("model")).WithAddedToken(LlavaTokenizer.ImageMarker);
        JsonObject config = Read("config.json");
        config.Remove("image_token_index");
        _folder.Write("model/config.json", config.ToJsonString());

        ModelFolder folder = ModelFolder.Open(_folder.At("model"));
        folder.CheckTokenizer(tokenizer);

        Assert.Equal(tokenizer.ImageId, folder.Config.ImageTokenId);
        Assert.Contains("image_token_index is missing", Assert.Single(folder.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void CheckTokenizer_ImageTokenIndexOfAnotherToken_IsRefused()
    {
        LlavaTokenizer tokenizer = LlavaTokenizer.Load(_folder.At("model")).WithAddedToken(LlavaTokenizer.ImageMarker);
        OneLine.Throws<InvalidDataException>(
            () => ModelFolder.Open(_folder.At("model")).CheckTokenizer(tokenizer.With(tokenizer.Options with { AddedTokens = [new(LlavaTokenizer.ImageMarker, tokenizer.VocabularySize)] })),
            "config.json",
            "image_token_index is ",
            $"<image> is {tokenizer.VocabularySize}");
    }

    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("adapter_config.json")]
    [InlineData("adapter_model.safetensors")]
    [InlineData("adapter_model.bin")]
    public void Open_Adapter_IsRefused(string file)
    {
        _folder.Write($"model/{file}", "{}");
        OneLine.Throws<InvalidDataException>(() => ModelFolder.Open(_folder.At("model")), file, "merge");
        OneLine.Throws<InvalidDataException>(() => ModelFolder.OpenWithProjector(ReferenceFiles.At("layouts", "huggingface"), null, _folder.At("model")), file);
    }

    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("v1_mmtag")]
    [InlineData("llava_llama_2")]
    public void FindTemplate_ChatTemplateAlone_IsRecognised(string name)
    {
        _folder.Write("model/chat_template.jinja", ConversationTemplates.Parse(name).ToJinja());
        Assert.Equal(name, ModelFolder.Open(_folder.At("model")).FindTemplate()!.Name);
        _folder.Write("model/chat_template.jinja", "{{ messages }}");
        Assert.Null(ModelFolder.Open(_folder.At("model")).FindTemplate());
    }

    private List<string> Warnings()
    {
        ModelFolder folder = ModelFolder.Open(_folder.At("model"));
        folder.CheckTokenizer(LlavaTokenizer.Load(folder.TokenizerFolder));
        folder.ReadImageOptions();
        return [.. folder.Warnings];
    }

    private void Set(string file, string key, string value)
    {
        JsonObject root = Read(file), at = root;
        string[] path = key.Split('.');
        foreach (string step in path[..^1])
        {
            at = at[step]!.AsObject();
        }

        at[path[^1]] = JsonNode.Parse(value);
        _folder.Write($"model/{file}", root.ToJsonString());
    }

    private JsonObject Read(string file) =>
        File.Exists(_folder.At("model", file)) ? JsonNode.Parse(File.ReadAllText(_folder.At("model", file)))!.AsObject() : [];
}
