using LlavaCuda.Checkpoints;
using LlavaCuda.Models;

namespace LlavaCuda.Tests.Checkpoints;

/// <summary>
/// The small files of folders that are published and in wide use, at their real sizes: none is refused, and there is no warning of
/// what is in order.
/// </summary>
public sealed class PublishedFolderTests : IDisposable
{
    private const string Vicuna = """
        {"_name_or_path":"vicuna-7b-v1.5","architectures":["LlamaForCausalLM"],"bos_token_id":1,"eos_token_id":2,"hidden_act":"silu",
        "hidden_size":4096,"initializer_range":0.02,
        "intermediate_size":11008,"max_position_embeddings":4096,"model_type":"llama","num_attention_heads":32,"num_hidden_layers":32,
        "num_key_value_heads":32,"pad_token_id":0,"pretraining_tp":1,
        "rms_norm_eps":1e-05,"rope_scaling":null,"tie_word_embeddings":false,"torch_dtype":"float16","transformers_version":"4.31.0",
        "use_cache":true,"vocab_size":32000}
        """;

    private const string VicunaGeneration = """
        {"_from_model_config":true,"bos_token_id":1,"eos_token_id":2,"max_length":4096,"pad_token_id":0,"temperature":0.9,"top_p":0.6,
        "transformers_version":"4.31.0"}
        """;

    private const string LlavaGeneration =
        """{"_from_model_config":true,"bos_token_id":1,"eos_token_id":2,"pad_token_id":32001,"transformers_version":"4.36.0.dev0"}""";

    private const string LlavaProcessor = """
        {"image_token":"<image>","num_additional_image_tokens":1,"patch_size":14,"processor_class":"LlavaProcessor",
        "vision_feature_select_strategy":"default"}
        """;

    private const string Clip = """
        {"_name_or_path":"openai/clip-vit-large-patch14-336","architectures":["CLIPModel"],"initializer_factor":1.0,
        "logit_scale_init_value":2.6592,"model_type":"clip","projection_dim":768,
        "text_config":{"hidden_size":768,"intermediate_size":3072,"model_type":"clip_text_model","num_attention_heads":12,
        "num_hidden_layers":12,"projection_dim":768,"vocab_size":49408},
        "text_config_dict":{"hidden_size":768,"intermediate_size":3072,"num_attention_heads":12,"num_hidden_layers":12,
        "projection_dim":768},"torch_dtype":"float32","transformers_version":null,
        "vision_config":{"_name_or_path":"","add_cross_attention":false,"architectures":null,"attention_dropout":0.0,"bad_words_ids":null,
        "bos_token_id":null,"chunk_size_feed_forward":0,
        "cross_attention_hidden_size":null,"decoder_start_token_id":null,"diversity_penalty":0.0,"do_sample":false,"dropout":0.0,
        "early_stopping":false,"encoder_no_repeat_ngram_size":0,
        "eos_token_id":null,"finetuning_task":null,"forced_bos_token_id":null,"forced_eos_token_id":null,"hidden_act":"quick_gelu",
        "hidden_size":1024,
        "id2label":{"0":"LABEL_0","1":"LABEL_1"},"image_size":336,"initializer_factor":1.0,"initializer_range":0.02,
        "intermediate_size":4096,"is_decoder":false,"is_encoder_decoder":false,
        "label2id":{"LABEL_0":0,"LABEL_1":1},"layer_norm_eps":1e-05,"length_penalty":1.0,"max_length":20,"min_length":0,
        "model_type":"clip_vision_model","no_repeat_ngram_size":0,
        "num_attention_heads":16,"num_beam_groups":1,"num_beams":1,"num_hidden_layers":24,"num_return_sequences":1,
        "output_attentions":false,"output_hidden_states":false,"output_scores":false,
        "pad_token_id":null,"patch_size":14,"prefix":null,"problem_type":null,"projection_dim":768,"pruned_heads":{},
        "remove_invalid_values":false,"repetition_penalty":1.0,"return_dict":true,
        "return_dict_in_generate":false,"sep_token_id":null,"task_specific_params":null,"temperature":1.0,"tie_encoder_decoder":false,
        "tie_word_embeddings":true,"tokenizer_class":null,"top_k":50,
        "top_p":1.0,"torch_dtype":null,"torchscript":false,"transformers_version":"4.21.3","typical_p":1.0,"use_bfloat16":false},
        "vision_config_dict":{"hidden_size":1024,"image_size":336,"intermediate_size":4096,"num_attention_heads":16,
        "num_hidden_layers":24,"patch_size":14,"projection_dim":768}}
        """;

    private const string ClipImages = """
        {"crop_size":336,"do_center_crop":true,"do_normalize":true,"do_resize":true,"feature_extractor_type":"CLIPFeatureExtractor",
        "image_mean":[0.48145466,0.4578275,0.40821073],
        "image_std":[0.26862954,0.26130258,0.27577711],"resample":3,"size":336}
        """;

    private const string Llava = """
        {"architectures":["LlavaForConditionalGeneration"],"ignore_index":-100,"image_token_index":32000,"model_type":"llava",
        "pad_token_id":32001,"projector_hidden_act":"gelu",
        "text_config":{"_name_or_path":"lmsys/vicuna-7b-v1.5","architectures":["LlamaForCausalLM"],"max_position_embeddings":4096,
        "model_type":"llama","rms_norm_eps":1e-05,"torch_dtype":"float16",
        "vocab_size":32064},"tie_word_embeddings":false,"torch_dtype":"float16","transformers_version":"4.36.0.dev0",
        "vision_config":{"hidden_size":1024,"image_size":336,"intermediate_size":4096,
        "model_type":"clip_vision_model","num_attention_heads":16,"num_hidden_layers":24,"patch_size":14,"projection_dim":768,
        "vocab_size":32000},"vision_feature_layer":-2,
        "vision_feature_select_strategy":"default","vocab_size":32064}
        """;

    private const string LlavaImages = """
        {"crop_size":{"height":336,"width":336},"do_center_crop":true,"do_convert_rgb":true,"do_normalize":true,"do_rescale":true,
        "do_resize":true,
        "image_mean":[0.48145466,0.4578275,0.40821073],"image_processor_type":"CLIPImageProcessor",
        "image_std":[0.26862954,0.26130258,0.27577711],"processor_class":"LlavaProcessor","resample":3,
        "rescale_factor":0.00392156862745098,"size":{"shortest_edge":336}}
        """;

    private const string Original = """
        {"_name_or_path":"llava-v1.5-7b","architectures":["LlavaLlamaForCausalLM"],"bos_token_id":1,"eos_token_id":2,
        "freeze_mm_mlp_adapter":false,"freeze_mm_vision_resampler":false,
        "hidden_act":"silu","hidden_size":4096,"image_aspect_ratio":"pad","initializer_range":0.02,"intermediate_size":11008,
        "max_length":4096,"max_position_embeddings":4096,
        "mm_hidden_size":1024,"mm_projector_type":"mlp2x_gelu","mm_resampler_type":null,"mm_use_im_patch_token":false,
        "mm_use_im_start_end":false,"mm_vision_select_feature":"patch",
        "mm_vision_select_layer":-2,"mm_vision_tower":"openai/clip-vit-large-patch14-336","model_type":"llava","num_attention_heads":32,
        "num_hidden_layers":32,"num_key_value_heads":32,
        "pad_token_id":0,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_scaling":null,"tie_word_embeddings":false,"torch_dtype":"float16",
        "transformers_version":"4.31.0",
        "tune_mm_mlp_adapter":false,"tune_mm_vision_resampler":false,"unfreeze_mm_vision_tower":false,"use_cache":true,"use_mm_proj":true,
        "vocab_size":32000}
        """;

    private readonly TemporaryFolder _folder = new();

    public PublishedFolderTests()
    {
        Write("vicuna", ("config.json", Vicuna), ("generation_config.json", VicunaGeneration));
        Write("clip", ("config.json", Clip), ("preprocessor_config.json", ClipImages));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OpenBase_VicunaAndClip_IsTheModelOfThePaper() =>
        RequireQuiet(ModelFolder.OpenBase(_folder.At("vicuna"), _folder.At("clip"), ProjectorConfig.Mlp2), 32000);

    [Fact]
    public void Open_HuggingFacesLlava_IsTheModelOfThePaper()
    {
        Write("llava", ("config.json", Llava), ("preprocessor_config.json", LlavaImages));
        Write("llava", ("generation_config.json", LlavaGeneration), ("processor_config.json", LlavaProcessor));

        RequireQuiet(ModelFolder.Open(_folder.At("llava")), 32064);
    }

    [Fact]
    public void Open_OriginalLlava_IsTheModelOfThePaper()
    {
        Write("original", ("config.json", Original), ("generation_config.json", VicunaGeneration));
        Write("original", ("pytorch_model.bin.index.json", """{"weight_map":{}}"""));

        RequireQuiet(ModelFolder.Open(_folder.At("original"), _folder.At("clip")), 32000);
    }

    private static void RequireQuiet(ModelFolder folder, int vocabulary)
    {
        VisionConfig vision = folder.Config.Vision;
        TextConfig text = folder.Config.Text;
        Assert.Equal((1024, 24, 16), (vision.HiddenSize, vision.Layers, vision.Heads));
        Assert.Equal((4096, 32, 32, vocabulary), (text.HiddenSize, text.Layers, text.Heads, text.VocabularySize));
        Assert.Equal(336, folder.ReadImageOptions().CropSize);
        Assert.Empty(folder.Warnings);
    }

    private void Write(string folder, params ReadOnlySpan<(string Name, string Text)> files)
    {
        foreach ((string name, string text) in files)
        {
            _folder.Write($"{folder}/{name}", text);
        }
    }
}
