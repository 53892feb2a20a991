using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Generation;

/// <summary>A conversation on a CUDA device: a picture in the first turn, a second turn onto the cache, draws on the device.</summary>
[Trait("Category", "Emulator")]
public sealed class ChatSessionCudaTests
{
    private static readonly GenerationOptions Short = new() { MaxNewTokens = 8 };

    [Fact]
    public void Send_TwoTurnsWithAPicture_AnswersAsTheProcessor()
    {
        string[] expected = Converse(null);
        CudaDevice device = CudaDevices.Rent(DType.F32, Emulator.Order.Forward);
        try
        {
            Assert.Equal(expected, Converse(device));
        }
        finally
        {
            CudaDevices.Return(device);
        }
    }

    [Fact]
    public void Send_InBf16_AnswersTheSameTwice()
    {
        CudaDevice device = CudaDevices.Rent(DType.BF16, Emulator.Order.Forward);
        try
        {
            Assert.Equal(Converse(device), Converse(device));
        }
        finally
        {
            CudaDevices.Return(device);
        }
    }

    // Prompts of several lengths, with images and without, end and begin beside each other: some sequences of a pass have no rows.
    [Fact]
    public void AnswerMany_AnswersAsTheProcessor()
    {
        string[] expected = AnswerMany(null);
        CudaDevice device = CudaDevices.Rent(DType.F32, Emulator.Order.Forward);
        try
        {
            Assert.Equal(expected, AnswerMany(device));
        }
        finally
        {
            CudaDevices.Return(device);
        }
    }

    [Fact]
    public async Task Ask_TwoModelsOnOneDevice_TakeTurns()
    {
        CudaDevice device = CudaDevices.Rent(DType.F32, Emulator.Order.Forward);
        try
        {
            string folder = ReferenceFiles.Shipped("layouts", "huggingface");
            using LlavaModel one = LlavaModel.Load(folder, device);
            string expected = string.Concat(one.Ask("What is this?", [], Short));
            Task<string> asking = Task.Run(() => string.Concat(Enumerable.Range(0, 3).Select(_ => string.Concat(one.Ask("What is this?", [], Short)))));

            // The other model is loaded meanwhile, and asked.
            using LlavaModel other = LlavaModel.Load(folder, device);
            Assert.Equal(expected, string.Concat(other.Ask("What is this?", [], Short)));
            Assert.Equal(string.Concat(Enumerable.Repeat(expected, 3)), await asking);
        }
        finally
        {
            CudaDevices.Return(device);
        }
    }

    /// <summary>The kernels of a conversation, not their launches alone: each of some on the emulator is as slow as a hundred on the processor. <c>LLAVACUDA_CONVERSATIONS</c> asks for more.</summary>
    /// <param name="type">The device's type.</param>
    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void Send_RandomConversations_AnswerAsFreshSessions(DType type)
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("LLAVACUDA_CONVERSATIONS"), CultureInfo.InvariantCulture, out int asked) ? asked : 6;
        CudaDevice device = CudaDevices.Rent(type, Emulator.Order.Forward);
        try
        {
            using RandomConversations conversations = new(device);
            conversations.Run(first: 0, count);
            TestContext.Current.TestOutputHelper?.WriteLine($"{conversations.Counts}");
            Assert.True(conversations.Counts.Compared >= count, $"{conversations.Counts}");
        }
        finally
        {
            CudaDevices.Return(device);
        }
    }

    private static string[] AnswerMany(Device? device)
    {
        using LlavaModel model = LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"), device);
        RgbImage image = new(20, 30);
        new Random(3).NextBytes(image.Pixels);
        LlavaQuestion[] questions = [new("What?", [image]), new("Tell me about the shape at the left of it.", []), new("Why?", [image, image]), new("And?", []), new("So?", [image])];
        return [.. model.AnswerMany(questions, new GenerationOptions { MaxNewTokens = 6 }, new BatchOptions { Questions = 3 }).Select(static answer => answer.Answer!.Text)];
    }

    private static string[] Converse(Device? device)
    {
        RgbImage picture = new(40, 30);
        new Random(1).NextBytes(picture.Pixels);
        using LlavaModel model = LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"), device);
        using ChatSession chat = model.StartChat();
        string[] answers = [Say("What is this?", Short, picture), Say("And what else?", Short), Say("Why?", Short with { Temperature = 1.2, TopP = 0.9, Seed = 5 })];
        Assert.All(answers, static a => Assert.NotEmpty(a));
        return answers;

        string Say(string text, GenerationOptions options, params RgbImage[] images) => string.Concat(chat.Send(text, images, options));
    }
}
