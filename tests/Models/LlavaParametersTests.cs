using LlavaCuda.Models;

namespace LlavaCuda.Tests.Models;

public class LlavaParametersTests
{
    private static readonly TextConfig Vicuna7 = new() { RmsNormEpsilon = 1e-5f, MaxPositions = 4096 };

    private static readonly TextConfig Vicuna13 = Vicuna7 with { HiddenSize = 5120, IntermediateSize = 13824, Layers = 40, Heads = 40, KvHeads = 40 };

    [Theory]
    [InlineData(224, 303_179_776)]
    [InlineData(336, 303_507_456)]
    public void Build_ClipLarge_CountsThePublishedParameters(int edge, long expected) =>
        Assert.Equal(expected, Count(new VisionConfig { ImageSize = edge }, Vicuna7, "linear", ModelPart.Vision));

    [Theory]
    [InlineData(32000, 6_738_415_616)]
    [InlineData(32064, 6_738_939_904)]
    public void Build_Vicuna7_CountsThePublishedParameters(int vocabulary, long expected) =>
        Assert.Equal(expected, Count(new VisionConfig(), Vicuna7 with { VocabularySize = vocabulary }, "linear", ModelPart.Language));

    [Theory]
    [InlineData(32000, 13_015_864_320)]
    [InlineData(32064, 13_016_519_680)]
    public void Build_Vicuna13_CountsThePublishedParameters(int vocabulary, long expected) =>
        Assert.Equal(expected, Count(new VisionConfig(), Vicuna13 with { VocabularySize = vocabulary }, "linear", ModelPart.Language));

    [Theory]
    [InlineData("linear", 4_198_400, 5_248_000)]
    [InlineData("mlp2x_gelu", 20_979_712, 31_467_520)]
    public void Build_Projector_CountsThePublishedParameters(string projector, long small, long large)
    {
        Assert.Equal(small, Count(new VisionConfig(), Vicuna7, projector, ModelPart.Projector));
        Assert.Equal(large, Count(new VisionConfig(), Vicuna13, projector, ModelPart.Projector));
    }

    [Fact]
    public void Build_Llava15_CountsThePublishedParameters() =>
        Assert.Equal(7_062_902_784, LlavaParameters.Build(new LlavaConfig(new VisionConfig { ImageSize = 336 }, Vicuna7, ProjectorConfig.Mlp2)).Count());

    [Fact]
    public void Fuse_QueryKeyValue_LieEndToEnd()
    {
        ParameterTable table = LlavaParameters.Build(TinyModels.Config);
        Parameter query = table["language.layers.1.self_attn.q_proj.weight"];
        Assert.Equal(query.Offset + query.Shape.Count, table["language.layers.1.self_attn.k_proj.weight"].Offset);
        Assert.Equal(TinyModels.Config.Text.QkvSize, table.Fuse(query.Name, 3).Shape[0]);
    }

    [Theory]
    [InlineData("mlpx_gelu")]
    [InlineData("mlp0x_gelu")]
    [InlineData("mlp2x_relu")]
    [InlineData("")]
    public void Parse_UnknownProjector_IsRefused(string name) => Assert.Throws<InvalidDataException>(() => ProjectorConfig.Parse(name));

    private static long Count(VisionConfig vision, TextConfig text, string projector, ModelPart part) =>
        LlavaParameters.Build(new LlavaConfig(vision, text, ProjectorConfig.Parse(projector))).Count(part);
}
