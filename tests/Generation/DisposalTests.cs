using LlavaCuda.Devices;
using LlavaCuda.Generation;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Tests.Generation;

/// <summary>Who disposes what while somebody else uses it, and who asks two things at a time: nothing hangs, nothing breaks, and who comes too late is told what is gone.</summary>
public sealed class DisposalTests
{
    private static readonly string Folder = ReferenceFiles.Shipped("layouts", "huggingface");
    private static readonly GenerationOptions Long = new() { MaxNewTokens = 300, Temperature = 2, Seed = 1 };
    private static readonly ChatOptions LongChat = new() { MaxOutputTokens = 300, Temperature = 2, Seed = 1 };
    private static readonly ChatMessage[] Question = [new(ChatRole.User, "What is this?")];

    [Fact]
    public void Dispose_Twice_DoesNothing()
    {
        CpuDevice device = new(1);
        LlavaModel model = LlavaModel.Load(Folder, device);
        ChatSession session = model.StartChat();
        LlavaChatClient client = new(model);
        foreach (IDisposable thing in (IDisposable[])[client, client, session, session, model, model, session, client, device, device, model])
        {
            thing.Dispose();
        }

        using LlavaModel other = LlavaModel.Load(Folder);
        other.Dispose();
        Names<LlavaModel>(Assert.Throws<ObjectDisposedException>(() => other.StartChat()));
        Names<LlavaModel>(Assert.Throws<ObjectDisposedException>(() => new LlavaChatClient(other)));
        Names<LlavaModel>(Assert.Throws<ObjectDisposedException>(() => other.Ask("?", []).First()));
        Names<CpuDevice>(Assert.Throws<ObjectDisposedException>(() => LlavaModel.Load(Folder, device)));
    }

    [Theory]
    [InlineData("model")]
    [InlineData("session")]
    [InlineData("device")]
    public void Dispose_InTheMiddleOfAnAnswer_EndsIt(string what)
    {
        using CpuDevice device = new(1);
        using LlavaModel model = LlavaModel.Load(Folder, device);
        using ChatSession session = model.StartChat();
        ObjectDisposedException error = Assert.Throws<ObjectDisposedException>(() =>
        {
            foreach (string piece in session.Send("What is this?", [], Long))
            {
                (what == "model" ? model : what == "session" ? (IDisposable)session : device).Dispose();
            }
        });
        Assert.Equal(what switch { "model" => typeof(LlavaModel).FullName, "session" => typeof(ChatSession).FullName, _ => typeof(CpuDevice).FullName }, error.ObjectName);
        Assert.Empty(session.Turns);
    }

    [Fact]
    public async Task Dispose_WhileOtherThreadsCompute_EndsThemAll()
    {
        // Some threads are between steps, some within, some have not begun.
        for (int round = 0; round < 10; round++)
        {
            using LlavaModel model = LlavaModel.Load(Folder);
            using LlavaChatClient client = new(model);
            List<Task> asking = [];
            for (int i = 0; i < 3; i++)
            {
                asking.Add(Task.Run(() => Forever(() => _ = string.Concat(model.Ask("What is this?", [], Long)))));
                asking.Add(Task.Run(() => Forever(() => _ = client.GetResponseAsync(Question, LongChat).GetAwaiter().GetResult())));
            }

            await Task.Delay(2 * round);
            model.Dispose();
            await Task.WhenAll(asking).WaitAsync(TimeSpan.FromMinutes(2));
        }

        static void Forever(Action ask)
        {
            Action again = () =>
            {
                while (true)
                {
                    ask();
                }
            };
            Names<LlavaModel>(Assert.Throws<ObjectDisposedException>(again));
        }
    }

    [Fact]
    public async Task Send_TwoThreadsOnOneSession_IsNamed()
    {
        using LlavaModel model = LlavaModel.Load(Folder);
        using ChatSession session = model.StartChat();
        int answered = 0, refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 15; i++)
            {
                try
                {
                    _ = session.Send("Why?", [], new GenerationOptions { MaxNewTokens = 2 }).Count() + session.Turns.Count;
                    Interlocked.Increment(ref answered);
                    session.Clear();
                }
                catch (InvalidOperationException error)
                {
                    Assert.Contains("answer of this ChatSession is still being generated", error.Message, StringComparison.Ordinal);
                    Interlocked.Increment(ref refused);
                }
                catch (ArgumentException error)
                {
                    // Turns that others added before a clear.
                    Assert.Contains("the context holds", error.Message, StringComparison.Ordinal);
                }
            }
        }))).WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(answered > 0);

        using IEnumerator<string> first = session.Send("Why?", [], Long).GetEnumerator();
        Assert.True(first.MoveNext());
        Assert.Throws<InvalidOperationException>(() => session.Send("And?", []).First());
        Assert.Throws<InvalidOperationException>(session.Clear);
        first.Dispose();
        session.Clear();
        Assert.NotEmpty(session.Send("Why?", [], new GenerationOptions { MaxNewTokens = 3 }).ToArray());
    }

    [Fact]
    public async Task GetStreamingResponse_NestedRequest_IsAnswered()
    {
        using LlavaModel model = LlavaModel.Load(Folder);
        using LlavaChatClient client = new(model);
        string expected = (await client.GetResponseAsync(Question, LongChat)).Text;
        string outer = string.Empty;
        int nested = 0;
        await foreach (ChatResponseUpdate piece in client.GetStreamingResponseAsync(Question, LongChat))
        {
            outer += piece.Text;
            if (nested++ < 2)
            {
                Assert.Equal(expected, (await client.GetResponseAsync(Question, LongChat).WaitAsync(TimeSpan.FromMinutes(2))).Text);
            }
        }

        Assert.Equal(expected, outer);
    }

    [Fact]
    public async Task Dispose_ClientWithinItsOwnAnswer_EndsIt()
    {
        using LlavaModel model = LlavaModel.Load(Folder);
        LlavaChatClient client = new(model);
        int pieces = 0;
        Names<LlavaChatClient>(await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            await foreach (ChatResponseUpdate piece in client.GetStreamingResponseAsync(Question, LongChat))
            {
                pieces++;
                await Task.Run(client.Dispose).WaitAsync(TimeSpan.FromMinutes(2));
                client.Dispose();
            }
        }));
        Assert.Equal(1, pieces);
        Names<LlavaChatClient>(await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync(Question)));
        Assert.NotNull(client.GetService<ChatClientMetadata>());
    }

    [Fact]
    public async Task Dispose_ClientWithWaitingRequests_EndsThem()
    {
        using LlavaModel model = LlavaModel.Load(Folder);
        LlavaChatClient client = new(model);
        using CancellationTokenSource source = new();
        Task<ChatResponse>[] asked;
        Task<ChatResponse> cancelled;

        // The model's turn is taken, so that the first request computes nothing yet and the others wait for it.
        using (ManualResetEventSlim hold = new())
        using (ManualResetEventSlim held = new())
        {
            Task holding = Task.Run(() =>
            {
                lock (model.Gate)
                {
                    held.Set();
                    hold.Wait();
                }
            });
            held.Wait();
            asked = [.. Enumerable.Range(0, 6).Select(_ => client.GetResponseAsync(Question, LongChat))];
            cancelled = client.GetResponseAsync(Question, LongChat, source.Token);
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(TimeSpan.FromMinutes(2)));
            Task disposing = Task.Run(client.Dispose);
            foreach (Task<ChatResponse> waiting in asked[1..])
            {
                Names<LlavaChatClient>(await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(TimeSpan.FromMinutes(2))));
            }

            hold.Set();
            await holding;
            await disposing.WaitAsync(TimeSpan.FromMinutes(2));
        }

        Names<LlavaChatClient>(await Assert.ThrowsAsync<ObjectDisposedException>(() => asked[0].WaitAsync(TimeSpan.FromMinutes(2))));
    }

    [Fact]
    public async Task GetResponse_ManyAtOnceAndSomeGiveUp_AnswersTheOthers()
    {
        using LlavaModel model = LlavaModel.Load(Folder);
        using LlavaChatClient client = new(model);
        ChatOptions options = new() { MaxOutputTokens = 20 };
        string expected = (await client.GetResponseAsync(Question, options)).Text;
        using CancellationTokenSource source = new();
        Task<ChatResponse>[] asked = [.. Enumerable.Range(0, 12).Select(i => client.GetResponseAsync(Question, options, i % 3 == 1 ? source.Token : default))];
        await source.CancelAsync();
        for (int i = 0; i < asked.Length; i++)
        {
            if (i % 3 != 1)
            {
                Assert.Equal(expected, (await asked[i].WaitAsync(TimeSpan.FromMinutes(2))).Text);
            }
        }

        // A reader that leaves, and one that never reads on.
        IAsyncEnumerator<ChatResponseUpdate> forgotten = client.GetStreamingResponseAsync(Question, LongChat).GetAsyncEnumerator();
        await forgotten.MoveNextAsync();
        await foreach (ChatResponseUpdate piece in client.GetStreamingResponseAsync(Question, LongChat))
        {
            break;
        }

        Assert.Equal(expected, (await client.GetResponseAsync(Question, options).WaitAsync(TimeSpan.FromMinutes(2))).Text);
        await forgotten.DisposeAsync();
    }

    [Fact]
    public void GetResponse_BlockingOnAThreadWithAContext_DoesNotHang()
    {
        using LlavaModel model = LlavaModel.Load(Folder);
        using LlavaChatClient client = new(model);
        Thread window = new(() =>
        {
            // A context whose work never runs, because its only thread blocks.
            SynchronizationContext.SetSynchronizationContext(new Deaf());
            _ = client.GetResponseAsync(Question, new ChatOptions { MaxOutputTokens = 4 }).GetAwaiter().GetResult();
        });
        window.IsBackground = true;
        window.Start();
        Assert.True(window.Join(TimeSpan.FromMinutes(2)));
    }

    private static void Names<T>(ObjectDisposedException error) => Assert.Equal(typeof(T).FullName, error.ObjectName);

    private sealed class Deaf : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
