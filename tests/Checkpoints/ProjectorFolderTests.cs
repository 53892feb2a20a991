using LlavaCuda.Checkpoints;
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
