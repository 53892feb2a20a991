using LlavaCuda.Checkpoints;
using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Checkpoints;

public sealed class ProjectorFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("linear", DType.F16)]
    [InlineData("mlp2x_gelu", DType.BF16)]
    [InlineData("mlp3x_gelu", DType.F32)]
    public void Save_BothFiles_LoadTheSameOverAnotherModel(string projector, DType type)
    {
        LlavaConfig config = TinyModel.Config(projector);
        using LoadedModel model = TinyModel.Make(config), fromSafetensors = new(config), fromTorch = new(config);
        ProjectorFolder.Save(_folder.At("stage1"), model.Table, model.Device, config, new SaveOptions { Type = type });

        ProjectorFolder.Load(_folder.At("stage1"), fromSafetensors.Table, fromSafetensors.Device);
        File.Delete(_folder.At("stage1", "mm_projector.safetensors"));
        LoadReport report = ProjectorFolder.Load(_folder.At("stage1"), fromTorch.Table, fromTorch.Device);

        Assert.Equal(config.Projector.Depth * 2, report.Tensors);
        Assert.Empty(report.Warnings);
        fromSafetensors.AssertEqual(model, v => Rounded.To(v, type), static p => p.Part == ModelPart.Projector);
        fromTorch.AssertEqual(fromSafetensors, static v => v);
        Assert.All(fromTorch.Values("language.norm.weight"), static v => Assert.Equal(0, v));
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void Save_AndOpenWithTheLanguageModel_IsTheWholeModel()
    {
        string vicuna = ReferenceFiles.At("layouts", "vicuna"), clip = ReferenceFiles.At("layouts", "clip");
        using LoadedModel model = new(ModelFolder.OpenBase(vicuna, clip, ProjectorConfig.Mlp2));
        ProjectorInitializer.Initialize(model.Table, model.Device, 3);
        ProjectorFolder.Save(_folder.At("stage1"), model.Table, model.Device, model.Config, new SaveOptions { Type = DType.F32, VisionTower = clip });

        using LoadedModel found = new(ModelFolder.Open(_folder.At("stage1"), languagePath: vicuna));
        Assert.Equal(model.Config, found.Config);
        found.AssertEqual(model, static v => v);
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void Load_FromWholeModelsAndFromTheOriginalsFile_TakesTheProjector()
    {
        using LoadedModel expected = LoadedModel.Reference(), found = new(expected.Config);
        ProjectorFolder.Load(ReferenceFiles.At("layouts", "original"), found.Table, found.Device);
        found.AssertEqual(expected, static v => Rounded.To(v, DType.F16), static p => p.Part == ModelPart.Projector);

        ProjectorFolder.Load(ReferenceFiles.At("layouts", "huggingface"), found.Table, found.Device);
        found.AssertEqual(expected, static v => v, static p => p.Part == ModelPart.Projector);
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void OpenWithProjector_WholeModel_TakesTheProjectorAloneFromElsewhere()
    {
        using LoadedModel model = LoadedModel.Reference(), other = LoadedModel.Reference();
        ProjectorInitializer.Initialize(other.Table, other.Device, 3);
        ProjectorFolder.Save(_folder.At("stage1"), other.Table, other.Device, other.Config, new SaveOptions { Type = DType.F32 });

        ModelFolder folder = ModelFolder.OpenWithProjector(ReferenceFiles.At("layouts", "huggingface"), null, _folder.At("stage1"));
        using LoadedModel found = new(folder);
        Assert.Empty(found.Report!.Warnings);
        found.AssertEqual(other, static v => v);
        Assert.NotEqual(model.Values("projector.linear_1.weight"), found.Values("projector.linear_1.weight"));
    }

    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("\"mm_vision_select_layer\": -2", "\"mm_vision_select_layer\": -1", "mm_vision_select_layer")]
    [InlineData("\"mm_vision_select_feature\": \"patch\"", "\"mm_vision_select_feature\": \"cls_patch\"", "mm_vision_select_feature")]
    [InlineData("\"mm_projector_type\": \"mlp2x_gelu\"", "\"mm_projector_type\": \"linear\"", "mm_projector_type")]
    public void OpenWithProjector_TrainedForOtherFeatures_IsRefused(string text, string changed, string key)
    {
        using LoadedModel model = LoadedModel.Reference();
        ProjectorFolder.Save(_folder.At("stage1"), model.Table, model.Device, model.Config, new SaveOptions { Type = DType.F32 });
        _folder.Replace("stage1/config.json", text, changed);
        OneLine.Throws<InvalidDataException>(() => ModelFolder.OpenWithProjector(ReferenceFiles.At("layouts", "huggingface"), null, _folder.At("stage1")), "config.json", key, "the model has");
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void OpenWithProjector_LanguageModelAlone_IsTheModelThatStage1Trained()
    {
        string vicuna = ReferenceFiles.At("layouts", "vicuna"), clip = ReferenceFiles.At("layouts", "clip");
        using LoadedModel model = new(ModelFolder.OpenBase(vicuna, clip, ProjectorConfig.Mlp2));
        ProjectorInitializer.Initialize(model.Table, model.Device, 3);
        SaveOptions how = new() { Type = DType.F32, VisionTower = "openai/clip", Template = LlavaCuda.Text.ConversationTemplates.Parse("plain") };
        ProjectorFolder.Save(_folder.At("stage1"), model.Table, model.Device, model.Config, how);

        using LoadedModel found = new(ModelFolder.OpenWithProjector(vicuna, clip, _folder.At("stage1")));
        found.AssertEqual(model, static v => v);
        using LlavaModel chat = LlavaModel.Load(vicuna, null, new LlavaModelOptions { VisionTower = clip, ProjectorWeights = _folder.At("stage1") });
        Assert.Equal("plain", chat.Template.Name);
        RgbImage image = new(40, 30);
        Assert.NotNull(string.Concat(chat.Ask("A caption:", [image], new GenerationOptions { MaxNewTokens = 3 })));
    }

    [Fact]
    public void Load_OtherKindOrSize_Throws()
    {
        using LoadedModel deep = TinyModel.Make(TinyModel.Config("mlp2x_gelu")), linear = new(TinyModel.Config("linear"));
        LlavaConfig config = TinyModel.Config("mlp2x_gelu");
        using LoadedModel wider = new(config with { Text = config.Text with { HiddenSize = 12 } });
        ProjectorFolder.Save(_folder.At("deep"), deep.Table, deep.Device, deep.Config);

        OneLine.Throws<InvalidDataException>(() => ProjectorFolder.Load(_folder.At("deep"), linear.Table, linear.Device), "model.mm_projector.2", "more maps");
        OneLine.Throws<InvalidDataException>(() => ProjectorFolder.Load(_folder.At("deep"), wider.Table, wider.Device), "[8, 8]", "[12, 8]");
        OneLine.Throws<DirectoryNotFoundException>(() => ProjectorFolder.Load(_folder.At("none"), linear.Table, linear.Device), "none");
        OneLine.Throws<FileNotFoundException>(() => ProjectorFolder.Load(_folder.Root, linear.Table, linear.Device), "projector");
    }
}
