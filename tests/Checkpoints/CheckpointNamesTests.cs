using LlavaCuda.Checkpoints;
using LlavaCuda.Models;

namespace LlavaCuda.Tests.Checkpoints;

public sealed class CheckpointNamesTests
{
    [Theory]
    [InlineData("language_model.model.layers.3.mlp.up_proj.weight", "language.layers.3.mlp.up_proj.weight")]
    [InlineData("language_model.model.embed_tokens.weight", "language.embed_tokens.weight")]
    [InlineData("language_model.lm_head.weight", "language.lm_head.weight")]
    [InlineData("vision_tower.vision_model.pre_layrnorm.bias", "vision.pre_layrnorm.bias")]
    [InlineData("multi_modal_projector.linear_2.bias", "projector.linear_2.bias")]
    [InlineData("model.language_model.norm.weight", "language.norm.weight")]
    [InlineData("lm_head.weight", "language.lm_head.weight")]
    [InlineData("model.vision_tower.vision_model.embeddings.class_embedding", "vision.embeddings.class_embedding")]
    [InlineData("model.vision_tower.embeddings.class_embedding", "vision.embeddings.class_embedding")]
    [InlineData("model.multi_modal_projector.linear_1.weight", "projector.linear_1.weight")]
    [InlineData("vision_tower.encoder.layers.0.mlp.fc1.bias", "vision.encoder.layers.0.mlp.fc1.bias")]
    [InlineData("model.layers.0.self_attn.q_proj.weight", "language.layers.0.self_attn.q_proj.weight")]
    [InlineData("model.norm.weight", "language.norm.weight")]
    [InlineData("model.vision_tower.vision_tower.vision_model.post_layernorm.weight", "vision.post_layernorm.weight")]
    [InlineData("model.mm_projector.weight", "projector.linear_1.weight")]
    [InlineData("model.mm_projector.0.bias", "projector.linear_1.bias")]
    [InlineData("model.mm_projector.4.weight", "projector.linear_3.weight")]
    [InlineData("base_model.model.model.mm_projector.2.weight", "projector.linear_2.weight")]
    [InlineData("bias", "projector.linear_1.bias")]
    [InlineData("vision_model.encoder.layers.0.layer_norm1.weight", "vision.encoder.layers.0.layer_norm1.weight")]
    public void TryToEngineName_EveryLayout_IsFound(string theirs, string ours)
    {
        Assert.True(CheckpointNames.TryToEngineName(theirs, out string? found));
        Assert.Equal(ours, found);
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.rotary_emb.inv_freq", true)]
    [InlineData("vision_tower.vision_model.embeddings.position_ids", true)]
    [InlineData("text_model.encoder.layers.0.mlp.fc1.bias", true)]
    [InlineData("visual_projection.weight", true)]
    [InlineData("logit_scale", true)]
    [InlineData("model.mm_projector.1.weight", false)]
    [InlineData("model.mm_projector.0.scale", false)]
    [InlineData("model.image_newline", false)]
    [InlineData("transformer.wte.weight", false)]
    public void TryToEngineName_OtherNames_AreIgnoredOrUnknown(string name, bool ignorable)
    {
        Assert.False(CheckpointNames.TryToEngineName(name, out _));
        Assert.Equal(ignorable, CheckpointNames.IsIgnorable(name));
    }

    [Theory]
    [InlineData("mlp2x_gelu")]
    [InlineData("mlp3x_gelu")]
    [InlineData("mlp1x_gelu")]
    [InlineData("linear")]
    public void ToHuggingFaceAndToOriginal_EveryParameter_ComesBack(string projector)
    {
        LlavaConfig config = new(new VisionConfig { Layers = 2 }, new TextConfig { Layers = 2 }, ProjectorConfig.Parse(projector));
        using ParameterTable table = LlavaParameters.Build(config);

        Assert.All(table.All, p =>
        {
            Assert.True(CheckpointNames.TryToEngineName(CheckpointNames.ToHuggingFace(p.Name), out string? name));
            Assert.Equal(p.Name, name);
            Assert.True(CheckpointNames.TryToEngineName(CheckpointNames.ToOriginal(p.Name, config.Projector), out name));
            Assert.Equal(p.Name, name);
        });
        Assert.Equal(projector == "linear" ? "model.mm_projector.weight" : "model.mm_projector.0.weight", CheckpointNames.ToOriginal("projector.linear_1.weight", config.Projector));
        Assert.Equal("language_model.model.norm.weight", CheckpointNames.ToHuggingFace("language.norm.weight"));
        Assert.Equal("language_model.lm_head.weight", CheckpointNames.ToHuggingFace("language.lm_head.weight"));
    }
}
