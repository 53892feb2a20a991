using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Tests.Commands;

public sealed class ChatLoopTests : IDisposable
{
    private static readonly GenerationOptions Short = new() { MaxNewTokens = 4 };
    private readonly LlavaModel _model = LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"));
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly ChatSession _chat;
    private readonly ChatInterrupts _interrupts = new();

    public ChatLoopTests() => _chat = _model.StartChat();

    public void Dispose()
    {
        _interrupts.Dispose();
        _chat.Dispose();
        _model.Dispose();
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void Handle_ImageAndQuestion_AsksAboutTheImage()
    {
        string image = Image("my image.png", 3);
        Run([], $"/image \"{image}\"", "What is it?");
        Assert.Equal($"{image} (8x8) goes with the next question.\n", _error.ToString());
        Assert.Equal(Answer("What is it?", ImageFile.Read(image)) + "\n", _output.ToString());
    }

    [Fact]
    public void Handle_Clear_NamesTheImagesThatItDrops()
    {
        string asked = Image("asked.png", 1), pending = Image("pending.png", 2);
        Run([ImageArgument.Read("--image", asked)], "What is it?", $"/image {pending}", "/clear", "What is it?", "/clear", "/clear");
        string[] lines = _error.ToString().Split('\n');
        Assert.Contains($"without {asked}, {pending};", lines[1], StringComparison.Ordinal);
        Assert.Equal("The conversation is empty again.", lines[2]);
        Assert.Equal("The conversation is empty again.", lines[3]);
        Assert.Equal(Answer("What is it?"), _output.ToString().Split('\n')[1]);
    }

    [Theory]
    [InlineData("/image", "/image expects a file. No image goes with the next question.")]
    [InlineData("/image https://example.org/a.png", "links are not fetched")]
    [InlineData("/image /", "/image / is a folder; expected an image file.")]
    [InlineData("/image no such.png", "/image no such.png: no such file.")]
    [InlineData("/frob x", "'/frob' is no command. Type a question.")]
    [InlineData("/help", "Type a question.")]
    public void Handle_CommandThatDoesNothing_SaysWhy(string line, string expected)
    {
        Run([], line);
        Assert.Contains(expected, _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    /// <summary>A paste may begin with commands.</summary>
    [Fact]
    public void Handle_CommandsBeforeAQuestion_AreDoneFirst()
    {
        string image = Image("a.png", 3);
        Run([], $"/clear\n/image {image}\nWhat\nis it?");
        Assert.Equal(Answer("What\nis it?", ImageFile.Read(image)) + "\n", _output.ToString());
    }

    [Fact]
    public void Handle_Quit_Ends()
    {
        ChatLoop loop = new(_chat, Short, [], ImageReadOptions.Default, _output, _error);
        Assert.True(loop.Handle("  ", _interrupts));
        Assert.False(loop.Handle(" /quit ", _interrupts));
        Assert.False(loop.Handle("/help\n/exit", _interrupts));
    }

    /// <summary>A conversation that does not fit can go on, and its message has no names of parameters.</summary>
    [Fact]
    public void Handle_QuestionThatDoesNotFit_IsOneLineAndTheChatGoesOn()
    {
        Run([], string.Join(' ', Enumerable.Repeat("word", 5000)), "hi");
        Assert.Single(_error.ToString().TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain("Parameter", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(Answer("hi"), _output.ToString().Split('\n')[1]);
    }

    [Fact]
    public void Handle_EmptyAnswer_IsSaid()
    {
        string first = Answer("What is it?")[..1];
        ChatLoop loop = new(_chat, Short with { StopStrings = [first] }, [], ImageReadOptions.Default, _output, _error);
        Assert.True(loop.Handle("What is it?", _interrupts));
        Assert.Equal("\n", _output.ToString());
        Assert.Equal("The model ended its answer without a word.\n", _error.ToString());
    }

    private void Run(IReadOnlyList<ImageArgument> images, params string[] lines)
    {
        ChatLoop loop = new(_chat, Short, images, ImageReadOptions.Default, _output, _error);
        Assert.All(lines, line => Assert.True(loop.Handle(line, _interrupts)));
    }

    private string Answer(string question, params RgbImage[] images)
    {
        using ChatSession fresh = _model.StartChat();
        return string.Concat(fresh.Send(question, images, Short));
    }

    private string Image(string name, int seed)
    {
        byte[] pixels = new byte[8 * 8 * 3];
        new Random(seed).NextBytes(pixels);
        ImageFile.Write(_folder.At(name), new RgbImage(8, 8, pixels));
        return _folder.At(name);
    }
}
