using LlavaCuda.Generation;
using LlavaCuda.Images;

namespace LlavaCuda.Tests.Generation;

public sealed class ChatSessionTests : IDisposable
{
    private static readonly GenerationOptions Short = new() { MaxNewTokens = 12 };
    private readonly LlavaModel _model = LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Send_SecondTurn_AnswersAsIfAllWereReadAnew()
    {
        RgbImage picture = Picture(1);
        using ChatSession kept = _model.StartChat();
        _ = Say(kept, "What is this?", picture);
        string second = Say(kept, "And what else?");

        using ChatSession anew = _model.StartChat();
        string again = string.Concat(anew.Continue(new LlavaCuda.Text.Conversation(kept.Turns.SkipLast(1)), [picture], _model.Template, Short, default));
        Assert.Equal(again, second);
        Assert.Equal(4, kept.Turns.Count);
    }

    [Fact]
    public void Send_OtherPictureSameWords_IsSeenAnew()
    {
        using ChatSession chat = _model.StartChat();
        Say(chat, "What is this?", Picture(1));
        chat.Clear();
        string reused = Say(chat, "What is this?", Picture(2));
        using ChatSession fresh = _model.StartChat();
        Assert.Equal(Say(fresh, "What is this?", Picture(2)), reused);
    }

    [Fact]
    public void Send_Cancelled_KeepsWhatWasGenerated()
    {
        using ChatSession chat = _model.StartChat();
        using CancellationTokenSource source = new();
        List<string> pieces = [];
        foreach (string piece in chat.Send("Tell me.", [], Short, source.Token))
        {
            pieces.Add(piece);
            source.Cancel();
        }

        Assert.Equal(AnswerEnd.Cancelled, chat.LastAnswer!.End);
        Assert.Equal(string.Concat(pieces), chat.LastAnswer.Text);
        Assert.Equal(2, chat.Turns.Count);
    }

    [Fact]
    public void Send_TooLong_LeavesTheConversationAsItWas()
    {
        using ChatSession chat = _model.StartChat();
        ArgumentException error = Assert.Throws<ArgumentException>(() => Say(chat, string.Concat(Enumerable.Repeat("word ", 2000))));
        Assert.Contains($"the context holds {_model.ContextLength}", error.Message, StringComparison.Ordinal);
        Assert.Empty(chat.Turns);
        Say(chat, "Short.");
        Assert.Equal(2, chat.Turns.Count);
    }

    [Fact]
    public void Send_Answer_CountsRowsAndTokens()
    {
        using ChatSession chat = _model.StartChat();
        Say(chat, "What is this?", Picture(1));
        Assert.Equal(_model.RowsPerImage, chat.LastAnswer!.ImageRows);
        Assert.InRange(chat.LastAnswer.NewTokens, 1, 12);
    }

    [Fact]
    public void Ask_SameSeed_GivesTheSameAnswer()
    {
        GenerationOptions options = Short with { Temperature = 1, Seed = 4 };
        Assert.Equal(string.Concat(_model.Ask("Why?", [], options)), string.Concat(_model.Ask("Why?", [], options)));
    }

    [Fact]
    public void Send_NullsAmongTheArguments_AreNamed()
    {
        using ChatSession chat = _model.StartChat();
        Assert.Equal("text", Assert.Throws<ArgumentNullException>(() => chat.Send(null!, [])).ParamName);
        Assert.Contains("images[1]", Assert.Throws<ArgumentException>(() => chat.Send("a", [Picture(1), null!])).Message, StringComparison.Ordinal);
        Assert.Contains("StopStrings", Assert.Throws<ArgumentException>(() => chat.Send("a", [], new GenerationOptions { StopStrings = [null!] })).Message, StringComparison.Ordinal);
        Assert.Contains("StopStrings", Assert.Throws<ArgumentException>(() => chat.Send("a", [], new GenerationOptions { StopStrings = null! })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Send_ThousandRandomConversations_AnswerAsFreshSessions()
    {
        using RandomConversations conversations = new(device: null);
        conversations.Run(first: 0, count: 1000);
        TestContext.Current.TestOutputHelper?.WriteLine($"{conversations.Counts}");
        Assert.True(conversations.Counts is { Compared: > 1500, Cancelled: > 100, Refused: > 50 }, $"{conversations.Counts}");
    }

    private static string Say(ChatSession chat, string text, params RgbImage[] images) => string.Concat(chat.Send(text, images, Short));

    private static RgbImage Picture(int seed)
    {
        RgbImage image = new(40, 30);
        new Random(seed).NextBytes(image.Pixels);
        return image;
    }
}
