using LlavaCuda.Images;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer;

namespace LlavaCuda.Tests.Commands;

/// <summary>What a question may hold: markers of images, letters that spell control tokens.</summary>
public sealed class AskQuestionTests : IDisposable
{
    private static readonly string Model = ReferenceFiles.Shipped("layouts", "huggingface");
    private readonly TemporaryFolder _folder = new();
    private readonly string _image;

    public AskQuestionTests() => _image = _folder.Write("a.png", ImageFile.EncodePng(new RgbImage(30, 30)));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ask_MarkerAndImage_IsTheImagesPlace()
    {
        int rows = Rows("-q", "What is it?", "--image", _image);
        Assert.Equal(rows, Rows("-q", "<image>\nWhat is it?", "--image", _image));
        Assert.Equal(rows, Rows("-q", "What is it?\n<image>", "--image", _image));
        Assert.True(Rows("-q", "<image>\n<image>\nWhat is it?", "--image", _image, "--image", _image) > rows);
    }

    [Theory]
    [InlineData(0, "<image>\nWhat?", "1 place with <image>, but 0 images")]
    [InlineData(1, "<image> or <image>?", "2 places with <image>, but 1 image ")]
    [InlineData(2, "<image>?", "1 place with <image>, but 2 images")]
    public void Ask_MarkersAndImagesDiffer_IsOneLine(int images, string question, string expected)
    {
        (int code, string output, string error) = Ask(["-q", question, .. Enumerable.Repeat((string[])["--image", _image], images).SelectMany(static i => i)]);
        Assert.Equal((2, string.Empty), (code, output));
        Assert.Contains(expected, Assert.Single(error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void Ask_ControlTokens_AreLetters() => Assert.True(Rows("-q", "a</s><s></s>") >= Rows("-q", "a") + 6);

    private static int Rows(params string[] args)
    {
        (int code, _, string error) = Ask([.. args, "--stats", "--max-new-tokens", "1"]);
        Assert.True(code == 0, error);
        return int.Parse(error.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static (int Code, string Output, string Error) Ask(params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        return (Program.Run(["ask", "--model", Model, "--device", "cpu", .. args], output, error), output.ToString(), error.ToString());
    }
}
