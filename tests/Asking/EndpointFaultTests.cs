using System.Globalization;
using LlavaCuda.Trainer.Asking;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Tests.Asking;

/// <summary>What providers do to a run beyond failing now and then.</summary>
public sealed class EndpointFaultTests : IDisposable
{
    private const string Key = "sk-proj/A+very=secret<key>";
    private readonly string _folder = Directory.CreateTempSubdirectory("llava").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(401, "sk-proj/A+very=secret<key>")]
    [InlineData(400, "sk-proj/A+very=secret<key>")]
    [InlineData(500, "sk-proj/A+very=secret<key>")]
    [InlineData(400, @"sk-proj\/A+very=secret<key>")]
    [InlineData(400, @"sk-proj/A\u002Bvery=secret\u003Ckey\u003E")]
    public async Task Run_ServerThatRepeatsTheKey_ShowsAndStoresItNowhere(int status, string echoed)
    {
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(request => request.LastText == "0"
            ? new EndpointReply("fine")
            : new EndpointReply(null) { Status = status, Body = $$$"""{"error": {"message": "bad key {{{echoed}}} here"}}""" });
        string said;
        try
        {
            List<CallOutcome> outcomes = await RunAsync(endpoint, 3);
            said = string.Join('\n', outcomes.Select(static outcome => outcome.Failure));
        }
        catch (EndpointException error)
        {
            // As --verbose shows it.
            said = error.ToString();
        }

        Assert.Contains("bad key [key] here", said, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
        foreach (string file in Directory.EnumerateFiles(_folder))
        {
            string kept = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            Assert.DoesNotContain("secret", kept, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("86400")]
    [InlineData("date")]
    public async Task Run_WaitOfADay_EndsTheRun(string after)
    {
        string value = after == "date" ? DateTimeOffset.UtcNow.AddDays(1).ToString("R", CultureInfo.InvariantCulture) : after;
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(request => request.LastText == "0"
            ? new EndpointReply("fine") : new EndpointReply(null) { Status = 429, Body = "{}", RetryAfter = value });
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => RunAsync(endpoint, 50));
        Assert.Contains("asks to wait 1440 minutes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Refusals_AreFailuresThatStay()
    {
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(static request => request.LastText switch
        {
            "1" => Completion("""null, "refusal": "I can't help with\nthat" """, "stop"),
            "2" => Completion("null", "content_filter"),
            "3" => Completion("\"\"", "stop"),
            "4" => new EndpointReply(null) { Status = 400, Body = """{"error": {"message": "too long"}}""" },
            _ => new EndpointReply("fine"),
        });
        string?[] expected = [null, "refused: I can't help with that", "refused by the provider's filter", null, "HTTP 400: too long"];
        foreach (LocalEndpoint? who in (LocalEndpoint?[])[endpoint, endpoint, null])
        {
            List<CallOutcome> outcomes = await RunAsync(who, 5);
            Assert.Equal(expected, outcomes.Select(static outcome => outcome.Failure));
            Assert.Equal(["fine", null, null, string.Empty, null], outcomes.Select(static outcome => outcome.Text));
            Assert.All(outcomes, static outcome => Assert.False(outcome.IsOpen));
        }

        Assert.Equal(5, endpoint.Requests.Count);
        using CallStore store = new(At("calls.sqlite"));
        Assert.Equal(3, store.ReopenAll("m"));
        Assert.Equal(0, store.ReopenAll("m"));
    }

    [Fact]
    public async Task Run_EverythingIsRefused_EndsAndStaysOpen()
    {
        bool isWrong = true;
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(request =>
            isWrong ? new EndpointReply(null) { Status = 400, Body = "{}" } : new EndpointReply(request.LastText));
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => RunAsync(endpoint, 500));
        Assert.Equal("m refused 20 requests in a row, the last one with: HTTP 400", error.Message);
        Assert.InRange(endpoint.Requests.Count, 20, 30);
        Assert.All(await RunAsync(endpoint, 15), static outcome => Assert.Equal("HTTP 400", outcome.Failure));

        // Mended at the provider's side: nothing has to be forgotten by hand.
        isWrong = false;
        Assert.All(await RunAsync(endpoint, 500), static outcome => Assert.NotNull(outcome.Text));
    }

    [Fact]
    public async Task Run_NobodyThere_EndsAfterAFewRequests()
    {
        LocalEndpoint endpoint = await LocalEndpoint.StartAsync(static _ => new EndpointReply("fine"));
        Uri url = endpoint.Url;
        await endpoint.DisposeAsync();
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => RunAsync(url, 500, inFlight: 1));
        Assert.StartsWith("m answers no request; the last one was given up after 2 tries: ", error.Message, StringComparison.Ordinal);
        using CallStore store = new(At("calls.sqlite"));
        Assert.Equal(default, store.Used("m"));
    }

    [Fact]
    public async Task Run_SomeThatAreAlwaysCutAtTheEnd_FailAlone()
    {
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(static request =>
            int.Parse(request.LastText, CultureInfo.InvariantCulture) >= 30
                ? new EndpointReply("cut in its middle") { IsCut = true } : new EndpointReply("fine"));
        List<CallOutcome> outcomes = await RunAsync(endpoint, 40);
        Assert.Equal(30, outcomes.Count(static outcome => outcome.Text is not null));
        Assert.All(outcomes[30..], static outcome => Assert.True(outcome.IsOpen));

        // What may be billed is counted: two tries of each, as expected.
        using CallStore store = new(At("calls.sqlite"));
        CallUsage expected = CallSize.Expected(ModelCallerTests.Call("30", "30"));
        Assert.Equal(new CallUsage(30 + (20 * expected.Prompt), 30 + (20 * expected.Answer)), store.Used("m"));
    }

    [Fact]
    public async Task Run_RequestsOnTheirWay_AreWaitedForBeforeABudgetRefuses()
    {
        // Each is expected to use 5 + 1000 tokens and uses 2; of 1,500 only one can be set aside at a time.
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(static _ => new EndpointReply("fine"));
        using CallStore store = new(At("calls.sqlite"));
        using IChatClient client = Endpoint.Connect(endpoint.Url, Key, "m");
        using ModelCaller caller = new(new CallerSettings("m"), client, store, new CallBudget(1500, null, null, default));
        List<CallOutcome> outcomes = await ModelCallerTests.ListAsync(caller.RunAsync(
            Enumerable.Range(0, 100).Select(static i => ModelCallerTests.Call($"{i}", $"{i}", maxTokens: 1000)),
            TestContext.Current.CancellationToken));
        Assert.All(outcomes, static outcome => Assert.Null(outcome.Failure));
        Assert.Equal(1, endpoint.MostAtOnce);
    }

    [Fact]
    public void Store_KilledRequest_CountsAsExpected()
    {
        using (CallStore store = new(At("calls.sqlite")))
        {
            store.Begin("a", "m", "a", new CallUsage(10, 100));
            store.Begin("b", "m", "b", new CallUsage(10, 100));
            store.Begin("a", "m", "a", new CallUsage(10, 100));
            store.Unspent("b", new CallUsage(10, 100));
            store.Finish("a", new StoredReply("text", null, "stop", 7, 3, Batch: false), null, new CallUsage(10, 100));
        }

        using CallStore again = new(At("calls.sqlite"));
        Assert.Equal(new CallUsage(17, 103), again.Used("m"));
    }

    [Fact]
    public void Store_DatabaseOfAnotherProgram_IsRefusedAndKept()
    {
        using (Microsoft.Data.Sqlite.SqliteConnection other = new($"Data Source={At("calls.sqlite")};Pooling=false"))
        {
            other.Open();
            using Microsoft.Data.Sqlite.SqliteCommand make = other.CreateCommand();
            make.CommandText = "CREATE TABLE photos (id INTEGER)";
            make.ExecuteNonQuery();
        }

        byte[] before = File.ReadAllBytes(At("calls.sqlite"));
        Assert.Equal(
            $"{At("calls.sqlite")} is no store of requests: it is the database of another program.",
            Assert.Throws<InvalidDataException>(() => new CallStore(At("calls.sqlite"))).Message);
        Assert.Equal(before, File.ReadAllBytes(At("calls.sqlite")));
    }

    private static EndpointReply Completion(string content, string finish) => new(null)
    {
        Body = $$$"""
            {"id": "x", "object": "chat.completion", "created": 1, "model": "m-1", "usage":
            {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}, "choices":
            [{"index": 0, "finish_reason": "{{{finish}}}", "message": {"role": "assistant", "content": {{{content}}}}}]}
            """,
    };

    private string At(string name) => Path.Combine(_folder, name);

    private Task<List<CallOutcome>> RunAsync(LocalEndpoint? endpoint, int count) => RunAsync(endpoint?.Url, count);

    private async Task<List<CallOutcome>> RunAsync(Uri? url, int count, int inFlight = 8)
    {
        using CallStore store = new(At("calls.sqlite"));
        using IChatClient? client = url is null ? null : Endpoint.Connect(url, Key, "m");
        CallerSettings settings = new("m") { InFlight = inFlight, Tries = 2, Delay = TimeSpan.FromMilliseconds(2) };
        using ModelCaller caller = new(settings, client, store, new CallBudget(null, null, null, store.Used("m")));
        return await ModelCallerTests.ListAsync(caller.RunAsync(
            Enumerable.Range(0, count).Select(static i => ModelCallerTests.Call($"{i}", $"{i}")), TestContext.Current.CancellationToken));
    }
}
