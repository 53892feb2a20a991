using System.CommandLine;
using LlavaCuda.Images;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Tests.Commands;

public class ImageFileOptionsTests
{
    [Fact]
    public void Read_Nothing_IsTheLibrarysDefault() => Assert.Equal(ImageReadOptions.Default, Read());

    [Fact]
    public void Read_Both_AreTaken() =>
        Assert.Equal(new ImageReadOptions { MaxPixels = 250_000_000, Orientation = ImageOrientation.Exif }, Read("--max-image-pixels", "250000000", "--image-orientation", "exif"));

    [Theory]
    [InlineData("0")]
    [InlineData("700000001")]
    public void Read_LimitOutOfRange_NamesTheOption(string pixels) =>
        Assert.StartsWith("--max-image-pixels is " + pixels, Assert.Throws<ArgumentException>(() => Read("--max-image-pixels", pixels)).Message, StringComparison.Ordinal);

    [Fact]
    public void Ask_ImageAboveTheLimit_NamesFileAndLimit()
    {
        using TemporaryFolder folder = new();
        string image = folder.Write("a.png", ImageFile.EncodePng(new RgbImage(30, 20)));
        using StringWriter output = new(), error = new();
        int code = Program.Run(
            ["ask", "--model", ReferenceFiles.Shipped("layouts", "huggingface"), "--device", "cpu", "-q", "What?", "--image", image, "--max-image-pixels", "599", "--max-new-tokens", "1"], output, error);
        Assert.Equal((1, string.Empty), (code, output.ToString()));
        Assert.Contains($"{image}: claims 30x20 pixels; at most 65535 a side and 599 in all are accepted", error.ToString(), StringComparison.Ordinal);
    }

    private static ImageReadOptions Read(params string[] args)
    {
        ImageFileOptions options = new();
        Command command = new("test");
        options.AddTo(command);
        return options.Read(command.Parse(args));
    }
}
