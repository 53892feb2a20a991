using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LlavaCuda.Tests.Asking;
using LlavaCuda.Tests.Commands;
using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Tests.Generating;

/// <summary><c>llava data generate</c> as it is typed, against a local server.</summary>
public sealed class DataGenerateTests : IDisposable
{
    private static readonly string[] Made = ["instruct.json", "quarantine.jsonl", "report.md", "report.html"];
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-generate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // With LLAVA_CONTEXTS=2000 it is killed ten times.
    [Fact]
    public async Task Generate_ServerThatFailsInEveryWayAndKills_MakesTheSameBytesAndAsksOnce()
    {
        int contexts = int.TryParse(Environment.GetEnvironmentVariable("LLAVA_CONTEXTS"), out int given) ? given : 120;
        (int kills, int inFlight) = (Math.Max(contexts / 200, 3), 16);
        Write(images: contexts + (contexts / 4), boxes: false);
        ConcurrentDictionary<string, int> tried = new();
        TimeSpan wait = TimeSpan.Zero;
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(request =>
        {
            (int draw, int tries) = (Draw(request.LastText), tried.AddOrUpdate(request.LastText, 1, static (_, n) => n + 1));
            EndpointReply reply = tries <= (draw % 11) - 8 ? LocalEndpoint.Fault(draw + tries) : Reply(request.LastText, draw);
            return reply with { Wait = wait };
        });
        string[] Command(string folder, params string[] more) =>
        [
            "data", "generate", "--captions", At("captions.json"), "--conversations", $"{contexts}", "--ask-model", "teacher",
            "--endpoint", $"{endpoint.Url}", "--in-flight", $"{inFlight}", "--max-tokens", "60", "--out", At(folder), .. more,
        ];
        (int code, _, string error) = await RunAlone(Command("whole"));
        Assert.True(code == 0, error);
        int answered = endpoint.Answered.Count, asked = endpoint.Answered.Distinct().Count();
        Assert.Equal(asked, answered);
        Assert.Equal(contexts, Samples("whole").Length);
        int useless = File.ReadLines(At("whole/quarantine.jsonl"))
            .Count(static line => !line.Contains("cut off", StringComparison.Ordinal));
        Assert.Equal(asked, contexts + useless);

        // Again, killed while requests are on their way, each time within a budget of tokens that grows.
        endpoint.Answered.Clear();
        tried.Clear();
        wait = TimeSpan.FromMilliseconds(20);
        for (int kill = 1; kill <= kills; kill++)
        {
            int goal = asked * kill / (kills + 1);
            long budget = 100L * 900 * goal;
            using Process process = LlavaProcess.Start(Command("killed", "--budget-tokens", $"{budget}"));
            Task<string> output = LlavaProcess.ReadAsync(process.StandardError);
            while (endpoint.Answered.Count < goal && !process.HasExited)
            {
                await Task.Delay(2, TestContext.Current.CancellationToken);
            }

            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 137, $"kill {kill} at {endpoint.Answered.Count} of {goal}: {await output}");
            Assert.False(File.Exists(At("killed/instruct.json")));
        }

        (code, _, error) = await RunAlone(Command("killed"));
        Assert.True(code == 0, error);
        AssertSame("whole", "killed");

        // What was answered in the moment of a kill may be asked again; nothing else.
        Assert.Equal(asked, endpoint.Answered.Distinct().Count());
        Assert.InRange(endpoint.Answered.Count, asked, asked + (kills * inFlight));

        // Without anybody to ask, on a copy of the file alone.
        Directory.CreateDirectory(At("replay"));
        File.Copy(At("killed/calls.sqlite"), At("replay/calls.sqlite"));
        int before = endpoint.Requests.Count;
        (code, _, error) = await RunAlone(Command("replay", "--replay"));
        Assert.True(code == 0, error);
        Assert.Equal(before, endpoint.Requests.Count);
        AssertSame("whole", "replay");
    }

    [Fact]
    public async Task Generate_Budget_IsNotPassedAndWhatIsOpenIsAskedLater()
    {
        Write(images: 60, boxes: false);
        long spent = 0;
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(request =>
        {
            string text = $"Question:\nWhat?\n===\nAnswer:\n{request.LastText.Split('\n')[0]}";
            Interlocked.Add(ref spent, request.Body.GetProperty("messages").EnumerateArray()
                .Sum(static message => message.GetProperty("content").GetString()!.Split(' ').Length) + text.Split(' ').Length);
            return new EndpointReply(text);
        });
        string command = $"data generate --captions {At("captions.json")} --conversations 50 --ask-model teacher --endpoint {endpoint.Url}"
            + $" --max-tokens 60 --out {At("run")}";
        (int code, string output, string error) = Run($"{command} --budget-tokens 20000");
        Assert.Equal(1, code);
        Assert.Contains("still open (not asked: the budget of 20000 tokens is used up", output, StringComparison.Ordinal);
        Assert.Contains("the same command asks them again", error, StringComparison.Ordinal);
        Assert.InRange(Interlocked.Read(ref spent), 10_000, 20_000);
        Assert.InRange(Samples("run").Length, 1, 49);
        Assert.Equal(0, Run(command).Code);
        Assert.Equal(50, Samples("run").Length);
        Assert.Equal(50, endpoint.Answered.Count);
    }

    [Fact]
    public async Task Generate_AllTypes_TrainingReadsThem()
    {
        Write(images: 40, boxes: true);
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(static request =>
        {
            string system = request.Body.GetProperty("messages")[0].GetProperty("content").GetString()!;
            string answer = $"{request.LastText.Split('\n')[0]} {request.LastText.Contains("dog: [0.", StringComparison.Ordinal)}";
            return new EndpointReply(
                system.Contains("one description of the image", StringComparison.Ordinal) ? answer
                : system.Contains("one question about the image", StringComparison.Ordinal) ? $"Question:\nWhy?\n===\nAnswer:\n{answer}"
                : $"Question:\nWhat?\n===\nAnswer:\n{answer}\n===\nQuestion:\nWho?\n===\nAnswer:\nNobody.");
        });
        string command = $"data generate {Annotations} --images {At("images")} --seed 3"
            + $" --ask-model teacher --endpoint {endpoint.Url} --out {At("run")}";
        (int code, string output, string error) = Run($"{command} --conversations 30 --details 10 --reasoning 20");
        Assert.True(code == 0, error);
        Assert.Contains("conversation     30 samples of 30 requests", output, StringComparison.Ordinal);
        JsonElement[] samples = Samples("run");
        Assert.Equal(60, samples.Length);
        Assert.All(samples, static sample => Assert.Equal(
            sample.GetProperty("source").GetProperty("type").GetString() != "conversation",
            sample.GetProperty("conversations")[1].GetProperty("value").GetString()!.EndsWith("True", StringComparison.Ordinal)));

        // Before or after the first question, about as often; later turns have none.
        string[] first = [.. samples.Select(static sample => sample.GetProperty("conversations")[0].GetProperty("value").GetString()!)];
        Assert.All(first, static text => Assert.True(
            text.StartsWith("<image>\n", StringComparison.Ordinal) != text.EndsWith("\n<image>", StringComparison.Ordinal)));
        Assert.InRange(first.Count(static text => text.StartsWith("<image>", StringComparison.Ordinal)), 18, 42);
        using (ConversationReader reader = new(At("run/instruct.json")))
        {
            for (int i = 0; i < 60; i++)
            {
                Assert.True(reader.Read(out ConversationSample? sample, out string? fault) && fault is null, fault);
                Assert.Single(sample!.Images);
            }
        }

        string page = File.ReadAllText(At("run/report.html"));
        Assert.Equal(12, page.Split("<article>").Length - 1);
        Assert.Equal(12, page.Split("src=\"data:image/jpeg;base64,").Length - 1);

        // A part of it is asked about the same images, so that nothing is sent for it.
        int before = endpoint.Requests.Count;
        (code, output, _) = Run($"{command} --conversations 10 --dry-run");
        Assert.Equal(0, code);
        Assert.Contains("10 requests to teacher, 10 of them answered already", output, StringComparison.Ordinal);
        Assert.Equal(before, endpoint.Requests.Count);
    }

    [Fact]
    public async Task Generate_ModelThatCannotDoIt_EndsWithItsReplies()
    {
        Write(images: 500, boxes: false);
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(
            static request => new EndpointReply($"A nice day. {request.Number}"));
        (int code, _, string error) = Run($"data generate --captions {At("captions.json")} --conversations 400 --ask-model teacher"
            + $" --endpoint {endpoint.Url} --out {At("run")}");
        Assert.Equal(1, code);
        Assert.Contains("50 replies in a row for conversation were of no use, the last one: a block", error, StringComparison.Ordinal);
        Assert.Equal(50, File.ReadLines(At("run/quarantine.jsonl")).Count());
        Assert.False(File.Exists(At("run/instruct.json")));
        Assert.InRange(endpoint.Requests.Count, 50, 90);
    }

    [Fact]
    public void Prompts_WrittenAndGivenBack_AskTheSame()
    {
        Write(images: 3, boxes: true);
        Assert.Equal(0, Run($"data prompts --out {At("prompts")}").Code);
        string command = $"data generate {Annotations} --ask-model m --out {At("run")} --dry-run";
        (int code, string shipped, string error) = Run(command);
        Assert.True(code == 0, error);
        Assert.Equal(shipped, Run($"{command} --prompts {At("prompts")}").Output);
        Assert.NotEqual(0, Run($"data prompts --out {At("prompts")}").Code);

        File.WriteAllText(At("prompts/conversation/system_message.txt"), "Other.");
        Assert.NotEqual(shipped, Run($"{command} --prompts {At("prompts")}").Output);
        File.Delete(At("prompts/conversation/001_conv.txt"));
        Assert.Contains("001_conv.txt is missing.", Run($"{command} --prompts {At("prompts")}").Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--conversations 0 --details 0", "Nothing is asked for")]
    [InlineData("--details 5", "--instances is missing; --details needs boxes")]
    [InlineData("--conversations -1", "--conversations is -1")]
    [InlineData("--conversations 1 --images nowhere", "there is no such folder")]
    [InlineData("--conversations 1 --temperature -1", "--temperature is -1")]
    public void Generate_OptionsWrong_SaysWhich(string options, string expected)
    {
        Write(images: 2, boxes: false);
        (int code, _, string error) = Run($"data generate --captions {At("captions.json")} --ask-model m --out {At("run")} {options}");
        Assert.NotEqual(0, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("run")));
    }

    private static int Draw(string text) => BitConverter.ToUInt16(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    // By the context alone, so that what comes out is the same however often it is asked.
    private static EndpointReply Reply(string context, int draw)
    {
        string caption = context.Split('\n')[0];
        return (draw / 11 % 20) switch
        {
            0 => new EndpointReply("I'm sorry, I can't assist with that."),
            1 => new EndpointReply("Nonsense without an end or a beginning"),
            2 => new EndpointReply($"Question:\nWhere?\n===\nAnswer:\nIt cannot be determined."),
            3 => new EndpointReply($"Q: What?\nA: {caption}"),
            4 => new EndpointReply($"Question:\nWhat?\n===\nAnswer:\n{caption}\n===\nQuestion:\nWho") { FinishReason = "length" },
            _ => new EndpointReply($"Question:\nWhat?\n===\nAnswer:\n{caption}"),
        };
    }

    private static async Task<(int Code, string Output, string Error)> RunAlone(string[] arguments)
    {
        using Process process = LlavaProcess.Start(arguments);
        Task<string> output = LlavaProcess.ReadAsync(process.StandardOutput), error = LlavaProcess.ReadAsync(process.StandardError);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    private static (int Code, string Output, string Error) Run(string line)
    {
        using StringWriter output = new(), error = new();
        return (Program.Run(line.Split(' '), output, error), output.ToString(), error.ToString());
    }

    private string Annotations => $"--captions {At("captions.json")} --instances {At("instances.json")}";

    private string At(string name) => Path.Combine(_folder, name);

    private void AssertSame(string expected, string actual) => Assert.All(
        Made, file => Assert.Equal(File.ReadAllText(At($"{expected}/{file}")), File.ReadAllText(At($"{actual}/{file}"))));

    private JsonElement[] Samples(string run) =>
        [.. JsonDocument.Parse(File.ReadAllText(At($"{run}/instruct.json"))).RootElement.EnumerateArray()];

    private void Write(int images, bool boxes)
    {
        string list = string.Join(",\n", Enumerable.Range(1, images).Select(static id => string.Create(
            CultureInfo.InvariantCulture, $$"""{"id": {{id}}, "file_name": "{{id:D12}}.jpg", "width": 64, "height": 48}""")));
        string captions = string.Join(",\n", Enumerable.Range(1, images).SelectMany(static id => (string[])
        [
            $$"""{"image_id": {{id}}, "caption": "Scene {{id}} with a dog."}""", $$"""{"image_id": {{id}}, "caption": "A dog."}""",
        ]));
        File.WriteAllText(At("captions.json"), $$"""{"images": [{{list}}], "annotations": [{{captions}}]}""");
        if (boxes)
        {
            string dogs = string.Join(",\n", Enumerable.Range(1, images).Select(
                static id => $$"""{"image_id": {{id}}, "category_id": 18, "bbox": [8, 6, 16, 12]}"""));
            File.WriteAllText(
                At("instances.json"), $$"""{"images": [{{list}}], "annotations": [{{dogs}}], "categories": [{"id": 18, "name": "dog"}]}""");
            Directory.CreateDirectory(At("images"));
            for (int id = 1; id <= images; id++)
            {
                string image = string.Create(CultureInfo.InvariantCulture, $"images/{id:D12}.jpg");
                File.Copy(ReferenceFiles.Shipped("decoding", "420.jpg"), At(image), overwrite: true);
            }
        }
    }
}
