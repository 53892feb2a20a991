using LlavaCuda.Images;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Tests.Commands;

public sealed class ImageArgumentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("https://example.org/cat.png", "--image https://example.org/cat.png: links are not fetched; expected an image file.")]
    [InlineData("HTTP://x/y", "--image HTTP://x/y: links are not fetched; expected an image file.")]
    [InlineData("s3://bucket/cat.jpg", "--image s3://bucket/cat.jpg: links are not fetched; expected an image file.")]
    [InlineData("data:image/png;base64,iVBORw0KGgo=", "--image data:image/png;base64,iVBORw0KGgo=: data in the command line is not read; expected an image file.")]
    [InlineData("/", "--image / is a folder; expected an image file.")]
    [InlineData("/no/such.png", "--image /no/such.png: no such file.")]
    [InlineData("~/no/such.png", "--image ~/no/such.png: no such file.")]
    [InlineData("", "--image is empty; expected an image file.")]
    public void Read_WhatIsNoFile_SaysWhatItIs(string path, string expected)
    {
        Exception error = Assert.ThrowsAny<Exception>(() => ImageArgument.Read("--image", path));
        Assert.Equal(expected, error.Message);
    }

    [Fact]
    public void Read_LongText_IsNotRepeatedWhole()
    {
        Exception error = Assert.ThrowsAny<Exception>(() => ImageArgument.Read("--image", "data:image/png;base64," + new string('A', 100_000)));
        Assert.InRange(error.Message.Length, 100, 300);
    }

    [Fact]
    public void Split_WhatPeopleTypeOrDrop_IsTheFiles()
    {
        string plain = Write("a.png"), spaced = Write("my image.png"), quoted = Write("it's.png");
        Assert.Equal([plain], ImageArgument.Split($" {plain} "));
        Assert.Equal([spaced], ImageArgument.Split(spaced));
        Assert.Equal([spaced], ImageArgument.Split($"\"{spaced}\""));
        Assert.Equal([spaced], ImageArgument.Split($"'{spaced}'"));
        Assert.Equal([quoted], ImageArgument.Split(quoted));
        Assert.Equal([plain, spaced], ImageArgument.Split($"{plain} '{spaced}'"));
        Assert.Equal(["no such file.png"], ImageArgument.Split("no such file.png"));
        Assert.Equal(["no such file.png"], ImageArgument.Split("\"no such file.png\""));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal([spaced], ImageArgument.Split(spaced.Replace(" ", "\\ ", StringComparison.Ordinal)));
            Assert.Equal([quoted], ImageArgument.Split(quoted.Replace("'", "\\'", StringComparison.Ordinal)));
        }
    }

    /// <summary>What is wrong with an image is known before a model is looked for.</summary>
    [Theory]
    [InlineData("ask")]
    [InlineData("chat")]
    public void Run_ImageThatIsNone_IsToldBeforeTheModel(string command)
    {
        foreach (string image in (string[])["https://example.org/cat.png", _folder.Root, _folder.Write("text.png", "text")])
        {
            using StringWriter output = new(), error = new() { NewLine = "\n" };
            string[] question = command == "ask" ? ["-q", "hi"] : [];
            Assert.Equal(1, Program.Run([command, "--model", "/no/model", "--device", "cpu", "--image", image, .. question], output, error));
            Assert.Contains(image, error.ToString(), StringComparison.Ordinal);
            Assert.Single(error.ToString().TrimEnd('\n').Split('\n'));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \n ")]
    public void Ask_EmptyQuestion_IsAUsageError(string question)
    {
        using StringWriter output = new(), error = new() { NewLine = "\n" };
        Assert.Equal(2, Program.Run(["ask", "--model", "/no/model", "-q", question], output, error));
        Assert.Equal("llava: --question is empty; expected a question.\n", error.ToString());
    }

    private string Write(string name)
    {
        ImageFile.Write(_folder.At(name), new RgbImage(2, 2, new byte[12]));
        return _folder.At(name);
    }
}
