using System.Text.Json;
using LlavaCuda.Trainer.Asking;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Tests.Asking;

public sealed class BatchFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task WrittenAndReadBack_AnswersAreInTheStore()
    {
        using CallStore store = new(At("calls.sqlite"));
        ModelCall pictured = new("p", [new ChatMessage(ChatRole.User, [new TextContent("what?"), new DataContent(new byte[] { 1, 2 }, "image/png")])], new CallOptions { MaxTokens = 5, Temperature = 0.2 });
        ModelCall[] calls = [ModelCallerTests.Call("a", "one"), pictured, ModelCallerTests.Call("b", "one")];
        (IReadOnlyList<string> paths, int requests) = BatchFiles.Write(At("up.jsonl"), "m", calls, store);
        Assert.Equal([At("up.jsonl")], paths);
        Assert.Equal(2, requests);
        string[] lines = File.ReadAllLines(At("up.jsonl"));
        Assert.Equal(
            """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"what?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AQI="}}]}],"temperature":0.2,"max_completion_tokens":5}""",
            JsonDocument.Parse(lines[1]).RootElement.GetProperty("body").GetRawText());
        File.WriteAllLines(At("down.jsonl"),
        [
            Result(lines[0], 200), string.Empty,
            $$$"""{"custom_id": "{{{Id(lines[1])}}}", "response": {"status_code": 500, "body": {}}, "error": null}""",
        ]);
        Assert.Equal((1, 1), BatchFiles.Read(At("down.jsonl"), store));
        Assert.Equal(new CallUsage(0, 0, 7, 3), store.Used("m"));
        using ModelCaller caller = new(new CallerSettings("m"), null, store, new CallBudget(null, null, null, default));
        List<CallOutcome> outcomes = await ModelCallerTests.ListAsync(caller.RunAsync(calls, TestContext.Current.CancellationToken));
        Assert.Equal(["hello", null, "hello"], outcomes.Select(static outcome => outcome.Text));

        // What is answered is not uploaded again.
        Assert.Equal(1, BatchFiles.Write(At("more.jsonl"), "m", calls, store).Requests);
    }

    [Fact]
    public void Read_RefusalsEmptyRepliesAndLaterResults_KeepTheFirstAnswer()
    {
        using CallStore store = new(At("calls.sqlite"));
        ModelCall[] calls = [.. Enumerable.Range(0, 4).Select(static i => ModelCallerTests.Call($"{i}", $"{i}"))];
        BatchFiles.Write(At("up.jsonl"), "m", calls, store);
        string[] lines = File.ReadAllLines(At("up.jsonl"));
        string Reply(int of, int status, string body) =>
            $$"""{"custom_id": "{{Id(lines[of])}}", "response": {"status_code": {{status}}, "body": {{body}} } }""";
        File.WriteAllLines(At("down.jsonl"),
        [
            Result(lines[0], 200),
            Result(lines[0], 200).Replace("hello", "later", StringComparison.Ordinal),
            Reply(1, 400, """{"error": {"message": "too long"}}"""),
            Reply(2, 200, """{"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 0}}"""),
            Reply(3, 200, """{"choices": [{"message": {"content": null, "refusal": "no"}}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}"""),
            Reply(0, 400, "{}"),
        ]);
        Assert.Equal((2, 4), BatchFiles.Read(At("down.jsonl"), store));
        StoredReply?[] replies = [.. calls.Select(call => store.Find(CallKey.Of("m", call)))];
        Assert.Equal(("hello", null), (replies[0]!.Text, replies[0]!.Failure));
        Assert.Equal("HTTP 400: too long", replies[1]!.Failure);
        Assert.Null(replies[2]);
        Assert.Equal("refused: no", replies[3]!.Failure);

        // A damaged line takes back what stood before it.
        store.Reopen(CallKey.Of("m", calls[3]));
        File.WriteAllLines(At("down.jsonl"), [Result(lines[3], 200), "{"]);
        Assert.Contains("line 2", Assert.Throws<InvalidDataException>(() => BatchFiles.Read(At("down.jsonl"), store)).Message, StringComparison.Ordinal);
        Assert.Null(store.Find(CallKey.Of("m", calls[3])));
    }

    [Theory]
    [InlineData("{", "line 1 is no result of a batch")]
    [InlineData("[]", "line 1 is no result of a batch")]
    [InlineData("{\"custom_id\": \"x\"}", "custom_id 'x' is none of this store's requests")]
    public void Read_WhatIsNoResult_IsNamed(string line, string expected)
    {
        using CallStore store = new(At("calls.sqlite"));
        File.WriteAllText(At("down.jsonl"), line);
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => BatchFiles.Read(At("down.jsonl"), store)).Message, StringComparison.Ordinal);
    }

    private static string Id(string line) => JsonDocument.Parse(line).RootElement.GetProperty("custom_id").GetString()!;

    private static string Result(string line, int status) =>
        $$$"""{"id": "r", "custom_id": "{{{Id(line)}}}", "response": {"status_code": {{{status}}}, "body": {"model": "m-1", "choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 7, "completion_tokens": 3 } } }, "error": null}""";

    private string At(string name) => Path.Combine(_folder, name);
}
