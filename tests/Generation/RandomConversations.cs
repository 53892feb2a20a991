using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Text;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Tests.Generation;

/// <summary>
/// Random conversations with one model: turns, lengths, images, clears, cancellations, questions that do not fit, sessions of their own and shared ones, and a client that all share.
/// Every answer has to be that of a fresh session which reads the whole conversation at once.
/// </summary>
internal sealed class RandomConversations : IDisposable
{
    private static readonly string[] Words = ["What", "is", "the", "shape", "left", "of", "a", "red", "square?", "And", "why", "\n", "Tell me", "so far", "circle", "é", "1, 2, 3"];
    private static readonly string[] Templates = ["llava_v1", "llava_v1", "llava_llama_2", "mistral_instruct", "mpt", "llava_v0"];
    private readonly LlavaModel _model;
    private readonly Dictionary<string, ChatSession> _shared;
    private readonly LlavaChatClient _client;
    private readonly RgbImage[] _images = [.. Enumerable.Range(0, 3).Select(static seed => Noise(40 - seed, 30, seed)), Noise(40, 30, 0, fill: true), Noise(30, 40, 0, fill: true)];

    internal RandomConversations(Device? device)
    {
        _model = LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"), device);
        _shared = Templates.Distinct().ToDictionary(static name => name, name => _model.StartChat(ConversationTemplates.Parse(name)));
        _client = new LlavaChatClient(_model);
    }

    /// <summary>Gets the number of answers that were compared, of those cancelled, and of questions that did not fit.</summary>
    internal (int Compared, int Cancelled, int Refused) Counts { get; private set; }

    public void Dispose()
    {
        _client.Dispose();
        foreach (ChatSession session in _shared.Values)
        {
            session.Dispose();
        }

        _model.Dispose();
    }

    /// <summary>Runs conversations, each by a seed of its own.</summary>
    internal void Run(int first, int count)
    {
        for (int seed = first; seed < first + count; seed++)
        {
            Random random = new(seed);
            if (random.Next(4) == 0)
            {
                AskClient(seed, random);
            }
            else
            {
                Converse(seed, random);
            }
        }
    }

    private static RgbImage Noise(int width, int height, int seed, bool fill = false)
    {
        RgbImage image = new(width, height);
        new Random(seed).NextBytes(image.Pixels);
        if (fill)
        {
            image.Pixels.Fill(77);
        }

        return image;
    }

    private void Converse(int seed, Random random)
    {
        ConversationTemplate template = ConversationTemplates.Parse(Templates[random.Next(Templates.Length)]);
        bool shared = random.Next(2) == 0;
        using ChatSession? own = shared ? null : _model.StartChat(template);
        ChatSession chat = own ?? _shared[template.Name];
        List<RgbImage> images = [];
        chat.Clear();
        for (int turns = random.Next(1, 6); turns > 0; turns--)
        {
            if (random.Next(6) == 0)
            {
                chat.Clear();
                images.Clear();
            }

            RgbImage[] added = Images(random);
            Turn[] before = [.. chat.Turns];
            string text = Text(random);
            GenerationOptions options = Options(random);
            int stopAfter = random.Next(5) == 0 ? random.Next(3) : int.MaxValue;
            string? answer = Answer(token => chat.Send(text, added, options, token.Token), stopAfter);
            if (answer is null)
            {
                Assert.Equal(before, chat.Turns);
                continue;
            }

            images.AddRange(added);
            Assert.Equal(before.Length + 2, chat.Turns.Count);
            if (stopAfter == int.MaxValue)
            {
                Assert.Equal((seed, Fresh(new Conversation(chat.Turns.SkipLast(1)), images, template, options)), (seed, answer));
            }
        }
    }

    // Requests that go on with one another's words, or with none.
    private void AskClient(int seed, Random random)
    {
        List<ChatMessage> messages = [];
        List<RgbImage> images = [];
        for (int turns = random.Next(1, 4); turns > 0; turns--)
        {
            RgbImage[] added = Images(random);
            images.AddRange(added);
            messages.Add(new ChatMessage(ChatRole.User, [.. added.Select(static i => new DataContent(ImageFile.EncodePng(i), "image/png")), new TextContent(Text(random))]));
            GenerationOptions options = Options(random);
            string? system = random.Next(3) == 0 ? Text(random) : null;
            string? answer = Answer(
                token => _client.GetStreamingResponseAsync(messages, ToChatOptions(options, system), token.Token).ToBlockingEnumerable().Select(static u => u.Text),
                random.Next(5) == 0 ? random.Next(3) : int.MaxValue,
                out bool stopped);
            if (answer is null || stopped)
            {
                return;
            }

            ChatPrompt prompt = ChatPrompt.From(messages, _model.Template, system);
            Assert.Equal((seed, Fresh(prompt.Conversation, images, prompt.Template, options)), (seed, answer));
            messages.Add(new ChatMessage(ChatRole.Assistant, answer));
        }
    }

    private string? Answer(Func<CancellationTokenSource, IEnumerable<string>> send, int stopAfter) => Answer(send, stopAfter, out _);

    // Null for a question that was refused, or cancelled before anything was computed.
    private string? Answer(Func<CancellationTokenSource, IEnumerable<string>> send, int stopAfter, out bool stopped)
    {
        using CancellationTokenSource source = new();
        string answer = string.Empty;
        int pieces = 0;
        stopped = stopAfter != int.MaxValue;
        (int compared, int cancelled, int refused) = Counts;
        try
        {
            if (stopAfter == 0)
            {
                source.Cancel();
            }

            foreach (string piece in send(source))
            {
                answer += piece;
                if (++pieces == stopAfter)
                {
                    source.Cancel();
                }
            }

            Counts = stopped ? (compared, cancelled + 1, refused) : (compared + 1, cancelled, refused);
            return answer;
        }
        catch (OperationCanceledException)
        {
            Counts = (compared, cancelled + 1, refused);
            return null;
        }
        catch (ArgumentException error)
        {
            Assert.Contains("the context holds", error.Message, StringComparison.Ordinal);
            Counts = (compared, cancelled, refused + 1);
            return null;
        }
    }

    private string Fresh(Conversation conversation, IReadOnlyList<RgbImage> images, ConversationTemplate template, GenerationOptions options)
    {
        using ChatSession fresh = _model.StartChat(template);
        return string.Concat(fresh.Continue(conversation, images, template, options, CancellationToken.None));
    }

    private RgbImage[] Images(Random random) => [.. Enumerable.Range(0, Math.Max(0, random.Next(-1, 3))).Select(_ => _images[random.Next(_images.Length)])];

    private static string Text(Random random)
    {
        int words = random.Next(8) switch { 0 => 1, < 6 => random.Next(1, 12), 6 => random.Next(20, 60), _ => random.Next(60, 250) };
        return string.Join(' ', Enumerable.Range(0, words).Select(_ => Words[random.Next(Words.Length)]));
    }

    private static GenerationOptions Options(Random random) => random.Next(3) > 0
        ? new GenerationOptions { MaxNewTokens = random.Next(1, 6) }
        : new GenerationOptions { MaxNewTokens = random.Next(1, 6), Temperature = 1.5, TopK = 50, Seed = (ulong)random.Next(100) };

    private static ChatOptions ToChatOptions(GenerationOptions options, string? system) => new()
    {
        Instructions = system,
        MaxOutputTokens = options.MaxNewTokens,
        Temperature = (float)options.Temperature,
        TopK = options.TopK == 0 ? null : options.TopK,
        Seed = (long)options.Seed,
    };
}
