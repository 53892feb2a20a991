using System.Globalization;
using LlavaCuda.Trainer.Asking;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Tests.Asking;

public sealed class ModelCallerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Run_ServerThatFailsInEveryWay_AnswersEachOnceInOrder()
    {
        Dictionary<string, int> tried = [];
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(request =>
        {
            lock (tried)
            {
                tried[request.LastText] = tried.GetValueOrDefault(request.LastText) + 1;
                int number = int.Parse(request.LastText, CultureInfo.InvariantCulture);
                return tried[request.LastText] <= number % 3
                    ? LocalEndpoint.Fault(number + tried[request.LastText])
                    : new EndpointReply($"answer {number}");
            }
        });
        List<CallOutcome> outcomes = await RunAsync(endpoint, Calls(200));
        Assert.All(outcomes, static outcome => Assert.Null(outcome.Failure));
        Assert.Equal(Enumerable.Range(0, 200).Select(static i => $"answer {i}"), outcomes.Select(static outcome => outcome.Text));
        Assert.Equal(200, endpoint.Answered.Distinct().Count());
        Assert.Equal(200, endpoint.Answered.Count);
        Assert.InRange(endpoint.MostAtOnce, 2, 8);

        // Again, and without anybody to ask: the same, and nothing is sent.
        int before = endpoint.Requests.Count;
        Assert.All(await RunAsync(endpoint, Calls(200)), static outcome => Assert.True(outcome.FromStore));
        Assert.Equal(before, endpoint.Requests.Count);
        Assert.Equal(outcomes.Select(static outcome => outcome.Text),
            (await RunAsync(null, Calls(200))).Select(static outcome => outcome.Text));
        Assert.Contains("nobody is asked", (await RunAsync(null, Calls(201)))[200].Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SeveralRunsOfOneCaller_RefusalsStayWhereAnyWasAnswered()
    {
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(static request => request.LastText is "0" or "2"
            ? new EndpointReply(null) { Status = 400, Body = "{}" } : new EndpointReply("fine"));
        using CallStore store = new(Path.Combine(_folder, "calls.sqlite"));
        using IChatClient client = Endpoint.Connect(endpoint.Url, "secret", "m");
        using (ModelCaller caller = new(new CallerSettings("m"), client, store, new CallBudget(null, null, null, default)))
        {
            for (int i = 0; i < 3; i++)
            {
                await ListAsync(caller.RunAsync([Call($"{i}", $"{i}")], TestContext.Current.CancellationToken));
            }
        }

        Assert.Equal("HTTP 400", store.Find(CallKey.Of("m", Call("0", "0")))?.Failure);
        Assert.Equal("HTTP 400", store.Find(CallKey.Of("m", Call("2", "2")))?.Failure);

        // An endpoint that answers nothing at all is asked again.
        using (ModelCaller caller = new(new CallerSettings("n"), client, store, new CallBudget(null, null, null, default)))
        {
            await ListAsync(caller.RunAsync([Call("0", "0")], TestContext.Current.CancellationToken));
        }

        Assert.Null(store.Find(CallKey.Of("n", Call("0", "0"))));
    }

    [Fact]
    public async Task Run_SameRequestTwice_IsSentOnce()
    {
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(
            static request => new EndpointReply(request.LastText) { Wait = TimeSpan.FromMilliseconds(20) });
        List<CallOutcome> outcomes = await RunAsync(endpoint, Enumerable.Range(0, 40).Select(static i => Call($"call {i}", $"{i % 4}")));
        Assert.Equal(4, endpoint.Requests.Count);
        Assert.Equal(Enumerable.Range(0, 40).Select(static i => $"{i % 4}"), outcomes.Select(static outcome => outcome.Text));
    }

    [Theory]
    [InlineData(401, "{\"error\": {\"message\": \"wrong key\"}}", "HTTP 401: wrong key")]
    [InlineData(404, "{\"error\": {\"message\": \"no such model\"}}", "HTTP 404: no such model")]
    [InlineData(429, "{\"error\": {\"message\": \"no credit\", \"code\": \"insufficient_quota\"}}", "HTTP 429: no credit")]
    public async Task Run_WhatNoRequestEscapes_EndsAtOnce(int status, string body, string expected)
    {
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(_ => new EndpointReply(null) { Status = status, Body = body });
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => RunAsync(endpoint, Calls(500)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.InRange(endpoint.Requests.Count, 1, 8);
    }

    [Fact]
    public async Task Run_RefusedAndSlowRequests_FailAlone()
    {
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(static request => request.LastText switch
        {
            "1" => new EndpointReply(null) { Status = 400, Body = """{"error": {"message": "content policy"}}""" },
            "2" => new EndpointReply("late") { Wait = TimeSpan.FromSeconds(30) },
            "3" => new EndpointReply(null) { Status = 500, Body = "down" },
            _ => new EndpointReply("fine") { FinishReason = "length" },
        });
        List<CallOutcome> outcomes = await RunAsync(
            endpoint, Calls(5),
            new CallerSettings("m") { Timeout = TimeSpan.FromSeconds(0.3), Tries = 2, Delay = TimeSpan.FromMilliseconds(1) });
        Assert.Equal(["fine", null, null, null, "fine"], outcomes.Select(static outcome => outcome.Text));
        Assert.Equal("HTTP 400: content policy", outcomes[1].Failure);
        Assert.Equal("given up after 2 tries: no answer in time", outcomes[2].Failure);
        Assert.Equal("given up after 2 tries: HTTP 500", outcomes[3].Failure);
        Assert.Equal("length", outcomes[4].FinishReason);
        Assert.Single(endpoint.Requests, static request => request.LastText == "1");
    }

    [Fact]
    public async Task Run_Budget_IsNotPassedByMoreThanWhatIsOnItsWay()
    {
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(
            static _ => new EndpointReply(string.Join(' ', Enumerable.Repeat("word", 9))));
        using CallStore store = new(Path.Combine(_folder, "calls.sqlite"));
        using IChatClient client = Endpoint.Connect(endpoint.Url, "secret", "m");
        CallPrice price = new(Prompt: 1_000_000, Answer: 1_000_000, Batch: 0.5);
        using ModelCaller caller = new(
            new CallerSettings("m") { InFlight = 4 }, client, store, new CallBudget(null, money: 100, price, default));
        List<CallOutcome> outcomes = await ListAsync(
            caller.RunAsync(Enumerable.Range(0, 50).Select(static i => Call($"{i}", $"{i}", maxTokens: 9)),
            TestContext.Current.CancellationToken));

        // A request is one word and its answer nine; set aside are a few tokens more.
        Assert.InRange(outcomes.Count(static outcome => outcome.Text is not null), 7, 10);
        Assert.InRange(caller.Budget.Cost!.Value, 70, 100);
        Assert.All(
            outcomes.Where(static outcome => outcome.Text is null),
            static outcome => Assert.Contains("budget of 100", outcome.Failure, StringComparison.Ordinal));
        Assert.Equal(caller.Budget.Used, store.Used("m"));
    }

    [Fact]
    public async Task Run_Cancelled_StopsAndKeepsWhatWasAnswered()
    {
        using CancellationTokenSource stop = new();
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(request =>
        {
            if (request.Number == 20)
            {
                stop.Cancel();
            }

            return new EndpointReply(request.LastText);
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(endpoint, Calls(1000), cancellation: stop.Token));
        Assert.InRange(endpoint.Requests.Count, 20, 60);
        List<CallOutcome> again = await RunAsync(null, Calls(1000));
        Assert.InRange(again.Count(static outcome => outcome.Text is not null), 10, 60);
    }

    [Fact]
    public async Task Run_RateLimit_SpreadsRequests()
    {
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(static request => new EndpointReply(request.LastText));
        long start = System.Diagnostics.Stopwatch.GetTimestamp();

        // A twentieth of the limit is there at once; the 28 beyond it come at 9.5 a second, so that no minute has more than 600.
        await RunAsync(endpoint, Calls(58), new CallerSettings("m") { RequestsPerMinute = 600, InFlight = 64 });
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public void Store_SecondUser_IsRefused()
    {
        string path = Path.Combine(_folder, "calls.sqlite");
        using CallStore store = new(path);
        Assert.Equal($"{path} is in use by another run.", Assert.Throws<IOException>(() => new CallStore(path)).Message);
    }

    [Fact]
    public void Store_OtherFile_IsNamed()
    {
        string path = Path.Combine(_folder, "calls.sqlite");
        File.WriteAllText(path, new string('x', 5000));
        Assert.StartsWith($"{path} is no store of requests",
            Assert.Throws<InvalidDataException>(() => new CallStore(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_DependsOnEverythingThatIsSent()
    {
        ModelCall call = Call("a", "text", 10);
        ModelCall[] others =
        [
            Call("a", "text ", 10), Call("a", "text", 11),
            call with { Options = call.Options with { Temperature = 0 } }, call with { Options = call.Options with { Sample = 1 } },
            call with { Options = call.Options with { Seed = 1 } }, call with { Options = call.Options with { TopP = 1 } },
            call with { Messages = [new ChatMessage(ChatRole.System, "text")] },
            call with { Messages = [new ChatMessage(ChatRole.User, [new TextContent("te"), new TextContent("xt")])] },
            .. ((byte[])[1, 2]).Select(pixel =>
                call with
                {
                    Messages = [new ChatMessage(ChatRole.User, [new TextContent("text"), new DataContent(new[] { pixel }, "image/png")])],
                }),
        ];
        Assert.Equal(others.Length + 2,
            others.Append(call).Select(static one => CallKey.Of("m", one)).Append(CallKey.Of("n", call)).Distinct().Count());
        Assert.Equal(CallKey.Of("m", call), CallKey.Of("m", call with { Name = "b" }));
    }

    internal static ModelCall Call(string name, string text, int? maxTokens = null) =>
        new(name, [new ChatMessage(ChatRole.User, text)], new CallOptions { MaxTokens = maxTokens });

    internal static async Task<List<CallOutcome>> ListAsync(IAsyncEnumerable<CallOutcome> outcomes)
    {
        List<CallOutcome> all = [];
        await foreach (CallOutcome outcome in outcomes)
        {
            all.Add(outcome);
        }

        return all;
    }

    private static IEnumerable<ModelCall> Calls(int count) => Enumerable.Range(0, count).Select(static i => Call($"call {i}", $"{i}"));

    private async Task<List<CallOutcome>> RunAsync(
        LocalEndpoint? endpoint, IEnumerable<ModelCall> calls, CallerSettings? settings = null, CancellationToken? cancellation = null)
    {
        using CallStore store = new(Path.Combine(_folder, "calls.sqlite"));
        using IChatClient? client = endpoint is null ? null : Endpoint.Connect(endpoint.Url, "secret", "m");
        using ModelCaller caller = new(
            settings ?? new CallerSettings("m") { Delay = TimeSpan.FromMilliseconds(2) },
            client, store, new CallBudget(null, null, null, store.Used("m")));
        return await ListAsync(caller.RunAsync(calls, cancellation ?? TestContext.Current.CancellationToken));
    }
}
