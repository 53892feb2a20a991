using LlavaCuda.Images;

namespace LlavaCuda.Tests.Images;

public class ImageProcessorOptionsTests
{
    [Fact]
    public void Parse_OldFile_TakesNumbers()
    {
        ImageProcessorOptions options = ImageProcessorOptions.Parse(
            """{"crop_size": 336, "do_center_crop": true, "do_normalize": true, "do_resize": true, "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.5, 0.25, 0], "image_std": [1, 2, 3], "resample": 3, "size": 336}""",
            "preprocessor_config.json");
        Assert.Equal(new ImageProcessorOptions { ShortestEdge = 336, CropSize = 336, Mean = new(0.5, 0.25, 0), Deviation = new(1, 2, 3) }, options);
    }

    [Fact]
    public void Parse_NewFile_TakesObjects()
    {
        ImageProcessorOptions options = ImageProcessorOptions.Parse(
            """{"crop_size": {"height": 28, "width": 28}, "size": {"shortest_edge": 30}, "rescale_factor": 0.5, "do_pad": true, "do_rescale": null}""", "p");
        Assert.Equal(new ImageProcessorOptions { ShortestEdge = 30, CropSize = 28, RescaleFactor = 0.5, Aspect = ImageAspect.Pad }, options);
    }

    [Fact]
    public void Parse_EmptyObject_IsClip() => Assert.Equal(new ImageProcessorOptions(), ImageProcessorOptions.Parse("{}", "p"));

    [Theory]
    [InlineData(ImageAspect.Square)]
    [InlineData(ImageAspect.Pad)]
    public void ToJson_AnyOptions_ComeBack(ImageAspect aspect)
    {
        ImageProcessorOptions options = new() { ShortestEdge = 50, CropSize = 48, RescaleFactor = 1 / 127.5, Mean = new(0.1, 0.2, 0.3), Deviation = new(0.7, 0.8, 0.9), Aspect = aspect };
        Assert.Equal(options, ImageProcessorOptions.Parse(options.ToJson(), "p"));
    }

    [Theory]
    [InlineData("[1]", "expected a JSON object")]
    [InlineData("{", "cut off")]
    [InlineData("""{"size": {"height": 3,"width": 3}}""", "size")]
    [InlineData("""{"size": "large"}""", "size")]
    [InlineData("""{"size": 0}""", "size")]
    [InlineData("""{"size": 99999}""", "size")]
    [InlineData("""{"size": 2.5}""", "size")]
    [InlineData("""{"crop_size": {"height": 3, "width": 4}}""", "crop_size")]
    [InlineData("""{"crop_size": {"height": 3}}""", "crop_size")]
    [InlineData("""{"resample": 2}""", "resample")]
    [InlineData("""{"do_resize": false}""", "do_resize")]
    [InlineData("""{"image_mean": [1, 2]}""", "image_mean")]
    [InlineData("""{"image_mean": [1, 2, 3]}""", "image_mean")]
    [InlineData("""{"image_std": [1, 0, 3]}""", "image_std")]
    [InlineData("""{"image_std": "1"}""", "image_std")]
    [InlineData("""{"rescale_factor": "x"}""", "rescale_factor")]
    public void Parse_BadFile_SaysWhere(string json, string part)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => ImageProcessorOptions.Parse(json, "folder/preprocessor_config.json"));
        Assert.StartsWith("folder/preprocessor_config.json: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(part, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }
}
