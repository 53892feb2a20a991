using LlavaCuda.Generation;
using LlavaCuda.Images;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Tests.Generation;

public sealed class LlavaChatClientTests : IDisposable
{
    private static readonly ChatOptions Short = new() { MaxOutputTokens = 8 };
    private readonly LlavaModel _model = LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"));

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task GetResponse_Picture_ReachesTheModel()
    {
        using LlavaChatClient client = new(_model);
        ChatResponse with = await client.GetResponseAsync([Question(Png(1))], new ChatOptions { MaxOutputTokens = 8 });
        ChatResponse without = await client.GetResponseAsync([Question(null)], new ChatOptions { MaxOutputTokens = 8 });
        Assert.Equal(_model.RowsPerImage, with.Usage!.AdditionalCounts!["InputImageTokenCount"]);
        Assert.True(with.Usage.InputTokenCount > without.Usage!.InputTokenCount + _model.RowsPerImage - 1);
        Assert.Equal(0, without.Usage.AdditionalCounts!["InputImageTokenCount"]);
        Assert.NotEmpty(with.Text);
    }

    [Fact]
    public async Task GetResponse_ImageAboveTheModelsLimit_NamesTheLimit()
    {
        using LlavaModel model = LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"), options: new LlavaModelOptions { ImageFiles = new ImageReadOptions { MaxPixels = 10 } });
        using LlavaChatClient client = new(model);
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => client.GetResponseAsync([Question(Png(1))], Short));
        Assert.StartsWith("image 1: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("image pixel limit", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetStreamingResponse_Pieces_AreTheWholeAnswer()
    {
        using LlavaChatClient client = new(_model);
        ChatOptions options = new() { MaxOutputTokens = 8 };
        string streamed = string.Empty;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync([Question(Png(2))], options))
        {
            streamed += update.Text;
        }

        ChatResponse whole = await client.GetResponseAsync([Question(Png(2))], options);
        Assert.Equal(whole.Text, streamed);
        Assert.Equal(ChatFinishReason.Length, whole.FinishReason);
    }

    [Fact]
    public async Task GetResponse_SystemMessage_ReplacesTheTemplates()
    {
        using LlavaChatClient client = new(_model);
        ChatOptions options = new() { MaxOutputTokens = 1 };
        ChatResponse usual = await client.GetResponseAsync([Question(null)], options);
        ChatResponse other = await client.GetResponseAsync([new ChatMessage(ChatRole.System, "Be brief."), Question(null)], options);
        Assert.True(other.Usage!.InputTokenCount < usual.Usage!.InputTokenCount);
    }

    [Fact]
    public async Task GetResponse_Instructions_AreASystemMessage()
    {
        using LlavaChatClient client = new(_model);
        ChatResponse beside = await client.GetResponseAsync([Question(null)], new ChatOptions { MaxOutputTokens = 1, Instructions = "Be brief." });
        ChatResponse among = await client.GetResponseAsync([new ChatMessage(ChatRole.System, "Be brief."), Question(null)], new ChatOptions { MaxOutputTokens = 1 });
        Assert.Equal(among.Usage!.InputTokenCount, beside.Usage!.InputTokenCount);
    }

    [Fact]
    public async Task GetResponse_WhatCannotBeDone_IsRefused()
    {
        using LlavaChatClient client = new(_model);
        await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync([Question(null)], new ChatOptions { ResponseFormat = ChatResponseFormat.Json }));
        await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync([Question(null)], new ChatOptions { FrequencyPenalty = 1 }));
        await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync([Question(null)], new ChatOptions { ModelId = "another" }));
        ArgumentException link = await Assert.ThrowsAsync<ArgumentException>(() =>
            client.GetResponseAsync([new ChatMessage(ChatRole.User, [new UriContent(new Uri("http://127.0.0.1/a.png"), "image/png")])]));
        Assert.Contains("nothing is fetched", link.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "audio/wav")])]));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([]));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.GetResponseAsync((IEnumerable<ChatMessage>)null!));
    }

    [Fact]
    public async Task GetResponse_ImageAnywhere_GoesBeforeTheText()
    {
        using LlavaChatClient client = new(_model);
        DataContent image = new(Png(1), "image/png");
        string expected = await Ask(image, new TextContent("What is this?"));
        Assert.Equal(expected, await Ask(new TextContent("What is this?"), image));
        Assert.Equal(expected, await Ask(image, new TextContent("<image>\nWhat is this?")));
        Assert.Equal(expected, await Ask(new TextContent("What is this?\n<image>"), image));
        using LlavaModel data = LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"), options: new LlavaModelOptions { ImageOrder = LlavaCuda.Text.ImageOrder.Data });
        using LlavaChatClient ordered = new(data);
        Assert.NotEqual(expected, (await ordered.GetResponseAsync([new ChatMessage(ChatRole.User, [new TextContent("What is this?"), image])], Short)).Text);
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => Ask(new TextContent("<image>\nWhat is this?")));
        Assert.Contains("1 place with <image>, but 0 images", error.Message, StringComparison.Ordinal);

        async Task<string> Ask(params AIContent[] contents) => (await client.GetResponseAsync([new ChatMessage(ChatRole.User, contents)], Short)).Text;
    }

    [Fact]
    public async Task GetResponse_ImageInSystemMessage_IsRefused()
    {
        using LlavaChatClient client = new(_model);
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([new ChatMessage(ChatRole.System, [new DataContent(Png(1), "image/png")]), Question(null)]));
        Assert.Contains("message of the system", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponse_ControlTokensInMessages_AreText()
    {
        using LlavaChatClient client = new(_model);
        long plain = await Rows("a", "b", "c");
        Assert.True(await Rows("a</s></s>", "b", "c") > plain + 2);
        Assert.True(await Rows("a", "b</s></s>", "c") > plain + 2);
        Assert.True(await Rows("a", "b", "c</s></s>") > plain + 2);

        async Task<long> Rows(string system, string question, string answer) => (await client.GetResponseAsync(
            [new ChatMessage(ChatRole.System, system), new ChatMessage(ChatRole.User, question), new ChatMessage(ChatRole.Assistant, answer), new ChatMessage(ChatRole.User, "d")],
            new ChatOptions { MaxOutputTokens = 1 })).Usage!.InputTokenCount!.Value;
    }

    [Fact]
    public async Task GetResponse_DamagedPicture_SaysWhich()
    {
        using LlavaChatClient client = new(_model);
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => client.GetResponseAsync([Question(Png(1)[..50])]));
        Assert.Contains("image 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetStreamingResponse_CancelledByItsReader_Throws()
    {
        using LlavaChatClient client = new(_model);
        using CancellationTokenSource source = new();
        int pieces = 0;
        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate piece in client.GetStreamingResponseAsync([Question(null)], Short, source.Token))
            {
                pieces++;
                await source.CancelAsync();
            }
        });
        Assert.Equal((1, source.Token), (pieces, error.CancellationToken));
    }

    [Fact]
    public void GetService_Metadata_NamesTheModel()
    {
        using LlavaChatClient client = new(_model);
        Assert.Equal("huggingface", client.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Same(_model, client.GetService<LlavaModel>());
    }

    private static ChatMessage Question(byte[]? picture) => new(ChatRole.User, picture is null
        ? [new TextContent("What is this?")]
        : [new DataContent(picture, "image/png"), new TextContent("What is this?")]);

    private static byte[] Png(int seed)
    {
        RgbImage image = new(40, 30);
        new Random(seed).NextBytes(image.Pixels);
        return ImageFile.EncodePng(image);
    }
}
