using LlavaCuda.Checkpoints;
using LlavaCuda.Images;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Checkpoints;

public sealed class OriginalFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("linear")]
    [InlineData("mlp1x_gelu")]
    [InlineData("mlp2x_gelu")]
    [InlineData("mlp3x_gelu")]
    [InlineData("identity")]
    public void Save_EveryProjector_OpensWithoutASecondFolder(string projector)
    {
        using LoadedModel model = TinyModel.Make(TinyModel.Config(projector));
        OriginalFolder.Save(_folder.At("model"), model.Table, model.Device, model.Config, new SaveOptions
        {
            Type = DType.F32,
            Images = new ImageProcessorOptions { ShortestEdge = 8, CropSize = 8, Aspect = ImageAspect.Pad },
        });

        ModelFolder folder = ModelFolder.Open(_folder.At("model"));
        using LoadedModel found = new(folder);
        Assert.Equal(CheckpointLayout.Original, folder.Layout);
        Assert.Equal(model.Config, folder.Config);
        Assert.Equal(ImageAspect.Pad, folder.ReadImageOptions().Aspect);
        Assert.Empty(found.Report!.Warnings);
        found.AssertEqual(model, static v => v);
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void Open_TrainedTowerInFile_WinsOverTheClipFolder()
    {
        using LoadedModel model = new(ModelFolder.Open(ReferenceFiles.At("layouts", "original")));
        float[] trained = Array.ConvertAll(model.Values("vision.pre_layrnorm.weight"), static v => v + 1);
        model.Device.WriteFloats(model.Table["vision.pre_layrnorm.weight"].Value, trained);
        OriginalFolder.Save(_folder.At("model"), model.Table, model.Device, model.Config, new SaveOptions { Type = DType.F32, VisionTower = ReferenceFiles.At("layouts", "clip") });
        using LoadedModel own = new(ModelFolder.Open(_folder.At("model")));
        Assert.Equal(trained, own.Values("vision.pre_layrnorm.weight"));

        // As in the original: without the flag, the weights in the file are those of a frozen tower that a folder of its own holds.
        _folder.Replace("model/config.json", "\"unfreeze_mm_vision_tower\": true", "\"unfreeze_mm_vision_tower\": false");
        using LoadedModel frozen = new(ModelFolder.Open(_folder.At("model")));
        Assert.Equal(Array.ConvertAll(trained, static v => v - 1), frozen.Values("vision.pre_layrnorm.weight"));
    }
}
