using System.IO.Pipes;
using System.Text;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Text;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Tests.Data;

public sealed class ConversationReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_LlavasFormat_TakesAllKinds()
    {
        List<ConversationSample> samples = Read("""
            [
              { "id": "a1", "image": "x/a.jpg", "conversations": [ { "from": "human", "value": "<image>\nWhat?" }, { "from": "gpt", "value": "A \"dog\"." } ] },
              { "conversations": [ { "value": "Hi", "from": "human", "extra": [1, {"y": 2}] }, { "from": "gpt", "value": "Hello" } ], "id": 7, "model": "" },
              { "id": "c", "image": ["1.png", "2.png"], "conversations": [ { "from": "human", "value": "<image> <image>" }, { "from": "gpt", "value": "" } ] },
              { "id": null, "image": null, "conversations": [ { "from": "gpt", "value": "left out" }, { "from": "human", "value": "?" } ] }
            ]
            """);
        Assert.Equal(["a1", "7", "c", ""], samples.Select(s => s.Place.Id));
        Assert.Equal([0, 1, 2, 3], samples.Select(s => s.Place.Index));
        Assert.Equal([2, 3, 4, 5], samples.Select(s => s.Place.Line));
        Assert.Equal(["x/a.jpg"], samples[0].Images);
        Assert.Equal(["1.png", "2.png"], samples[2].Images);
        Assert.Equal([1, 0, 2, 0], samples.Select(s => s.Conversation.ImageCount));
        Assert.Equal("A \"dog\".", samples[0].Conversation.Turns[1].Content[0].Text);
        Assert.Equal(Role.Assistant, samples[3].Conversation.Turns[0].Role);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"text":"Why?"}""")]
    [InlineData("true")]
    public void Read_IndexThatIsNoNumber_IsNamed(string index)
    {
        string part = $$"""{"type":"text","text":"What?","index":{{index}}}""";
        _folder.Write("data.json", $$"""[{"messages":[{"role":"user","content":[{{part}}]},{"role":"assistant","content":"A."}]}]""");
        using ConversationReader reader = new(_folder.At("data.json"));
        Assert.True(reader.Read(out _, out string? fault));
        Assert.Contains("'messages[0].content[0].index' is ", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FormatsOfOthers_GiveTheSameSample()
    {
        string[] forms =
        [
            """{"image":"a.png","conversations":[{"from":"system","value":"Be brief."},{"from":"human","value":"<image>\nWhat?"},{"from":"gpt","value":"A dog."}]}""",
            """{"images":["a.png"],"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"<image>\nWhat?"},{"role":"assistant","content":"A dog."}]}""",
            """{"system":"Be brief.","conversations":[{"role":"User","content":"<image>\nWhat?"},{"from":"Assistant","value":"A dog."}],"images":"a.png","image":null,"tools":[]}""",
            """
            {"messages":[{"role":"system","content":[{"type":"text","text":"Be brief."}]},
              {"role":"user","content":[{"type":"image_url","image_url":{"url":"a.png","detail":"low"}},{"type":"text","text":"What?"}]},
              {"role":"assistant","content":[{"type":"text","text":"A "},"dog."],"weight":1,"tool_calls":null}]}
            """,
            """
            {"images":["a.png"],"system":"","messages":[{"role":"system","content":"Be brief."},
              {"role":"user","content":[{"type":"image","index":0,"text":null},{"type":"text","index":null,"text":"What?"}]},{"role":"assistant","content":"A dog."}]}
            """,
            """{"system":"Be brief.","messages":[{"role":"user","content":[{"image":"file:a.png"},{"text":"What?"}]},{"role":"assistant","content":"A dog."}]}""".Replace("file:", "", StringComparison.Ordinal),
        ];
        foreach (string form in forms)
        {
            ConversationSample sample = Assert.Single(Read(form));
            Assert.Equal(["a.png"], sample.Images);
            Assert.Equal("Be brief.", sample.System);
            Assert.Equal([Role.Human, Role.Assistant], sample.Conversation.Turns.Select(t => t.Role));
            Assert.Equal("<image>\nWhat?|A dog.", string.Join('|', sample.Conversation.Turns.Select(Written)));
        }
    }

    [Theory]
    [InlineData("/data/a.jpg", "/data/a.jpg")]
    [InlineData("a\\b.jpg", "a/b.jpg")]
    [InlineData("file:///data/a%20b.jpg", "/data/a b.jpg")]
    [InlineData("a/../b.jpg", "a/../b.jpg")]
    [InlineData("\\\\host\\share\\a.jpg", "//host/share/a.jpg")]
    public void Read_PathsOfImages_AreOnesOfThisSystem(string text, string expected) =>
        Assert.Equal([expected], Assert.Single(Read($$"""[{"image":{{Json(text)}},"conversations":[{"from":"human","value":"<image>"}]}]""")).Images);

    [Fact]
    public void Read_ManySamplesAndOneLargerThanTheBuffer_AreTheSame()
    {
        string big = new('é', 600_000);
        foreach (int bigAt in (int[])[0, 1500, 2999])
        {
            foreach (bool lines in (bool[])[false, true])
            {
                StringBuilder json = new(lines ? "\uFEFF" : "\uFEFF[");
                for (int i = 0; i < 3000; i++)
                {
                    json.Append(i == 0 ? "\n" : lines ? "\n" : ",\n");
                    json.Append($$"""{"id":"s{{i}}","conversations":[{"from":"human","value":"{{(i == bigAt ? big : "q")}}"},{"from":"gpt","value":"a{{i}}"}]}""");
                }

                List<ConversationSample> samples = Read(json.Append(lines ? "\n" : "]\n").ToString());
                Assert.Equal(Enumerable.Range(0, 3000).Select(i => $"a{i}"), samples.Select(s => s.Conversation.Turns[1].Content[0].Text));
                Assert.Equal(Enumerable.Range(2, 3000), samples.Select(s => (int)s.Place.Line));
                Assert.Equal(big, samples[bigAt].Conversation.Turns[0].Content[0].Text);
            }
        }
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("  \n ", "empty")]
    [InlineData("[]", "no sample")]
    [InlineData("\n\"x\"", "line 2", "JSON array", "JSON Lines")]
    [InlineData("id,image\n1,a.png", "line 1", "'id'")]
    [InlineData("[\n[]]", "sample 0", "line 2", "a list", "object")]
    [InlineData("[\n{\"id\": \"a\",\n\"conversations\": [}", "line 3")]
    [InlineData("[\n{\"id\": \"a\"}", "sample 0", "'a'", "'conversations' (or 'messages') is missing")]
    [InlineData("[\n{\"text\": \"a\", \"label\": 3}]", "'conversations'", "is missing", "'text', 'label'")]
    [InlineData("{\"version\": 1,\n\"data\": [{\"conversations\": []}]}", "line 2", "'data' is a list of objects", "that list alone")]
    [InlineData("{\"data\": [{\"id\": 1}, [2]], \"x\": [1, {}], \"y\": [[{}]], \"z\": [{}]}", "'data' is a list of objects", "that list alone")]
    [InlineData("[{\"conversatons\": [{\"from\": \"human\", \"value\": \"x\"}]}]", "'conversatons' looks like it")]
    [InlineData("[{\"conversations\": []}]", "'conversations' is empty")]
    [InlineData("[{\"conversations\": 3}]", "'conversations' is the number '3'", "a list")]
    [InlineData("[{\"conversations\": [], \"messages\": []}]", "both 'conversations' and 'messages'")]
    [InlineData("[{\"id\": 1, \"id\": 1}]", "'id' occurs twice")]
    [InlineData("[{\"id\": {}}]", "'id' is an object", "a text")]
    [InlineData("[\n{\"id\":\"a\",\n\"conversations\": [\n{\"from\":\"bot\",\"value\":\"x\"}]}]", "sample 0", "'a'", "line 4", "conversations[0].from", "'bot'", "human or user")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\"}]}]", "conversations[0]", "'value'")]
    [InlineData("[{\"conversations\": [{\"value\":\"x\"}]}]", "conversations[0]", "'from'")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\",\"value\":null}]}]", "conversations[0].value' is null", "a text")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\",\"value\":\"x\"},{\"from\":\"user\",\"value\":\"y\"}]}]", "conversations[1].from", "'user'", "in turn")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\",\"value\":\"x\"},{\"from\":\"system\",\"value\":\"y\"}]}]", "conversations[1].from", "first turn alone")]
    [InlineData("[{\"system\": \"a\", \"conversations\": [{\"from\":\"system\",\"value\":\"y\"}]}]", "conversations[0].value", "second system text")]
    [InlineData("[{\"messages\": [{\"role\":\"tool\",\"content\":\"y\"}]}]", "messages[0].role", "'tool'")]
    [InlineData("[{\"messages\": [{\"role\":\"assistant\",\"content\":\"y\",\"tool_calls\":[1]}]}]", "messages[0].tool_calls", "tools")]
    [InlineData("[{\"messages\": [{\"role\":\"assistant\",\"content\":\"y\",\"weight\":0}]}]", "messages[0].weight", "not supported")]
    [InlineData("[{\"messages\": [{\"role\":\"user\",\"content\":[{\"type\":\"video\",\"video\":\"a.mp4\"}]}]}]", "messages[0].content[0].type", "'video'")]
    [InlineData("[{\"messages\": [{\"role\":\"user\",\"content\":[\"a\",[]]}]}]", "'messages[0].content[1]' is a list; expected a text")]
    [InlineData("[{\"messages\": [{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]}]", "messages[0].content[0]", "no 'text'")]
    [InlineData("[{\"messages\": [{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"index\":1}]}]}]", "content[0].index", "is not 0")]
    [InlineData("[{\"messages\": [{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"image\":\"a.png\"},{\"type\":\"image\"}]}]}]", "content[1]", "no path")]
    [InlineData("[{\"image\": \"b.png\", \"messages\": [{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"image\":\"a.png\"}]}]}]", "both hold images")]
    [InlineData("[{\"image\": 5, \"conversations\": []}]", "'image' is the number '5'")]
    [InlineData("[{\"image\": [\"a\", 5], \"conversations\": []}]", "'image[1]' is the number")]
    [InlineData("[{\"image\": \"\", \"conversations\": []}]", "'image' is empty")]
    [InlineData("[{\"image\": \"a.png\", \"images\": [\"b.png\"], \"conversations\": []}]", "both 'image' and 'images'")]
    [InlineData("[{\"id\": \"a\", \"image\": \"../../x.jpg\", \"conversations\": []}]", "sample 0", "'a'", "'image' is '../../x.jpg'", "inside the folder of images")]
    [InlineData("[{\"image\": [\"a/../b.jpg\", \"a/../../x.jpg\"], \"conversations\": []}]", "'image[1]' is 'a/../../x.jpg'", "inside")]
    [InlineData("[{\"image\": \"a\\\\..\\\\..\\\\x.jpg\", \"conversations\": []}]", "inside")]
    [InlineData("[{\"image\": \"../a\\nb.jpg\", \"conversations\": []}]", "'../a\\nb.jpg'", "control characters")]
    [InlineData("[{\"image\": \"https://host/a.jpg\", \"conversations\": []}]", "'https://host/a.jpg'", "not fetched")]
    [InlineData("[{\"image\": \"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAf\", \"conversations\": []}]", "the image itself")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\",\"value\":\"x\"}]}] more", "line 1", "'more'", "nothing after the end")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\",\"value\":\"x\"}]}]\n[1]", "line 2", "nothing after the end")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\",\"value\":\"x\"}]}", "line 1", "cut off")]
    [InlineData("[\n{\"conversations\": [{\"from\":\"human\",\"value\":\"x\"}]},\n]", "line 2", "a comma before the closing ']'")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\",\"value\":\"x\\ud800\"}]}]", "conversations[0].value", "surrogate")]
    [InlineData("[{\"\\udc00\": 1}]", "a key is not valid text", "surrogate")]
    public void Read_BrokenFile_NamesPlaceAndKey(string json, params string[] parts) =>
        OneLine.Throws<InvalidDataException>(() => Read(json), ["data.json", .. parts]);

    [Theory]
    [InlineData("image_path", "\"a.png\"")]
    [InlineData("Image", "\"a.png\"")]
    [InlineData("img", "[\"a.png\"]")]
    [InlineData("imagePaths", "{\"0\": \"a.png\"}")]
    [InlineData("image_id", "12")]
    [InlineData("has_image", "true")]
    [InlineData("picture", "\"a\"")]
    [InlineData("video", "\"a.mp4\"")]
    [InlineData("audio_file", "\"a.wav\"")]
    [InlineData("num_frames", "8")]
    [InlineData("IMG", "\"x\"")]
    [InlineData("file_name", "\"a.PNG\"")]
    [InlineData("attachments", "[1, \"a.mp4\"]")]
    [InlineData("pixel_values", "[[0.5]]")]
    public void Read_KeyThatSpeaksOfMediaInASampleWithoutImage_IsNamed(string key, string value)
    {
        OneLine.Throws<InvalidDataException>(() => Read(WithKey(key, value)), "sample 0", "'s'", "line 2", $"'{key}'");
        OneLine.Throws<InvalidDataException>(
            () => Read($$"""[{"conversations":[{"from":"human","value":"What?","{{key}}":{{value}}},{"from":"gpt","value":"red"}]}]"""), $"'conversations[0].{key}'");
    }

    [Theory]
    [InlineData("{\"image\": \"a\"}", "meta.image")]
    [InlineData("{\"a\": {\"b\": [0, {\"image_path\": \"a\"}]}}", "meta.a.b.image_path")]
    [InlineData("[{\"x\": 1}, {\"type\": \"video\", \"video\": \"a\"}]", "meta.video")]
    [InlineData("[[\"a.jpg\"]]", "meta")]
    public void Read_MediaInsideAKey_IsNamed(string value, string key) =>
        OneLine.Throws<InvalidDataException>(() => Read(WithKey("meta", value)), "sample 0", "'s'", "line 2", $"'{key}'");

    [Theory]
    [InlineData("image_path", "null")]
    [InlineData("video", "\"\"")]
    [InlineData("has_image", "false")]
    [InlineData("num_images", "0")]
    [InlineData("img_list", "[]")]
    [InlineData("intermediate", "\"x\"")]
    [InlineData("imagine", "\"x\"")]
    [InlineData("timeframe", "3")]
    [InlineData("source", "\"http://host/a.png\"")]
    [InlineData("meta", "{\"image\": null, \"list\": [{\"img\": []}, [[]], {}], \"a\": [\"png\", \".png\"]}")]
    [InlineData("model", "\"\"")]
    public void Read_KeyWithoutMedia_IsPassedOver(string key, string value) => Assert.Single(Read(WithKey(key, value)));

    [Theory]
    [InlineData("image_id", "12", true)]
    [InlineData("image_size", "[640, 480]", true)]
    [InlineData("image_url", "\"http://images.host/000.jpg\"", true)]
    [InlineData("image_path", "\"/full/path/a.png\"", true)]
    [InlineData("image2", "\"b.png\"", false)]
    [InlineData("image_files", "[\"a.png\", \"b.png\"]", false)]
    [InlineData("video", "\"a.mp4\"", false)]
    [InlineData("video_id", "\"v1\"", true)]
    [InlineData("mask", "\"b.png\"", true)]
    [InlineData("meta", "{\"image_id\": 3, \"images\": [\"x/a.png\"]}", true)]
    public void Read_KeyBesideImages_IsAllowedUnlessItHoldsMore(string key, string value, bool allowed)
    {
        string json = $$"""[{"{{key}}":{{value}},"image":"x/a.png","conversations":[{"from":"human","value":"<image>"},{"from":"gpt","value":"red"}]}]""";
        if (allowed)
        {
            Assert.Single(Read(json));
        }
        else
        {
            OneLine.Throws<InvalidDataException>(() => Read(json), "sample 0", $"'{key}'");
        }
    }

    [Fact]
    public void Read_WrongSamplesAmongOthers_DoNotHideThem()
    {
        string good = """{"conversations":[{"from":"human","value":"x"}]}""";
        string[] wrong = ["5", "[[1]]", "{}", """{"id":[1,[2]],"conversations":[]}""", """{"conversations":[{"from":"gpt","value":{"a":[]}}],"x":{}}"""];
        foreach (bool lines in (bool[])[false, true])
        {
            string separator = lines ? "\n" : ",\n";
            string json = string.Join(separator, [good, .. wrong.Take(lines ? 0 : 2), .. wrong.Skip(2).SelectMany(w => (string[])[w, good]), good]);
            (List<ConversationSample> samples, List<string> faults) = ReadAll(lines ? json : $"[{json}]");
            Assert.Equal(5, samples.Count);
            Assert.Equal(lines ? 3 : 5, faults.Count);
        }
    }

    [Theory]
    [InlineData("{\"id\": \"b\", \"conversations\": [{\"from\"")]
    [InlineData("{\"id\": \"b")]
    [InlineData("not json")]
    [InlineData("{\"id\": \"b\",}")]
    [InlineData("{\"conversations\":[{\"from\":\"human\",\"value\":\"x\"}]},")]
    public void Read_LineThatIsNoJson_IsOneFault(string line)
    {
        string good = """{"conversations":[{"from":"human","value":"x"}]}""";
        (List<ConversationSample> samples, List<string> faults) = ReadAll($"{good}\n{line}\n{good}\n\n{good}\n");
        Assert.Contains("line 2", Assert.Single(faults), StringComparison.Ordinal);
        Assert.Equal(line.EndsWith("},", StringComparison.Ordinal) ? [1, 2, 3, 5] : [1, 3, 5], samples.Select(s => s.Place.Line));
    }

    /// <summary>A line of JSON Lines that is cut off anywhere: the fault names that line and not the whole one after it.</summary>
    [Theory]
    [InlineData("\n", "")]
    [InlineData("\r\n", "\r\n")]
    public void Read_LineThatIsCutOff_IsTheOneNamed(string separator, string end)
    {
        string[] lines =
        [
            .. Enumerable.Range(0, 6).Select(static i =>
                $$"""{"id":"{{i}}","n":[1,{"a":2}],"conversations":[{"from":"human","value":"What?"},{"from":"gpt","value":"red {{i}}"}]}"""),
        ];
        foreach (int damaged in (int[])[0, 3, 5])
        {
            for (int length = 1; length < lines[damaged].Length; length++)
            {
                string[] cut = [.. lines];
                cut[damaged] = lines[damaged][..length];
                string path = _folder.Write("data.jsonl", string.Join(separator, cut) + end);
                foreach (int block in (int[])[7, DataWindow.DefaultBlock])
                {
                    (List<ConversationSample> samples, List<string> faults) = ReadAll(path, block);
                    Assert.StartsWith($"{path} sample {damaged}", faults[0], StringComparison.Ordinal);
                    Assert.Contains($", line {damaged + 1}: ", faults[0], StringComparison.Ordinal);

                    // The line after may have been taken for a part of the sample.
                    Assert.InRange(faults.Count, 1, 2);
                    Assert.InRange(samples.Count, 4, 5);
                }
            }
        }
    }

    [Fact]
    public void Read_CommasBetweenLines_ExpectTheNextSample()
    {
        string good = """{"conversations":[{"from":"human","value":"x"}]}""";
        (List<ConversationSample> samples, List<string> faults) = ReadAll($"{good},\n{good}\n");
        Assert.Equal(2, samples.Count);
        Assert.Contains("line 1: found ','; expected the next sample", Assert.Single(faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0xff, 0xfe, 0x5b, 0, 0x5d, 0 }, "UTF-16")]
    [InlineData(new byte[] { 0xfe, 0xff, 0, 0x5b }, "UTF-16")]
    [InlineData(new byte[] { 0x5b, 0, 0x5d, 0 }, "UTF-16")]
    [InlineData(new byte[] { 0x1f, 0x8b, 8, 0 }, "gzip")]
    [InlineData(new byte[] { 0x50, 0x41, 0x52, 0x31 }, "Parquet")]
    [InlineData(new byte[] { 0x5b, 0x0a, 0x22, 0xff, 0x22, 0x5d }, "line 2", "0xff")]
    [InlineData(new byte[] { 0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d }, "line 1", "0xc3")]
    [InlineData(new byte[] { 0x5b, 0x22, 0xe2, 0x82 }, "line 1", "0xe2")]
    [InlineData(new byte[] { 0x5b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x5d }, "line 1", "0xed")]
    public void Read_BytesThatAreNoText_AreNamed(byte[] bytes, params string[] parts)
    {
        File.WriteAllBytes(_folder.At("data.json"), bytes);
        OneLine.Throws<InvalidDataException>(() => ReadAll(_folder.At("data.json"), DataWindow.DefaultBlock), ["data.json", .. parts]);
    }

    [Fact]
    public void Read_FolderOrMissingFile_SaysSo()
    {
        OneLine.Throws<InvalidDataException>(() => ReadAll(_folder.Root, 64), "folder");
        OneLine.Throws<FileNotFoundException>(() => ReadAll(_folder.At("none.json"), 64), "none.json");
    }

    [Fact]
    public void Read_Pipe_IsRefusedWithoutWaiting()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs the paths of open files");
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        string path = $"/proc/self/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}";
        OneLine.Throws<InvalidDataException>(() => ReadAll(path, 64), path, "not a regular file");
    }

    internal static string Written(Turn turn) => string.Concat(turn.Content.Select(p => p.Text ?? "<image>"));

    private static string Json(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private static string WithKey(string key, string value) =>
        $$"""[{"id":"s","conversations":[{"from":"human","value":"What?"},{"from":"gpt","value":"red"}],{{'\n'}}"{{key}}":{{value}}}]""";

    internal static void ReadAll(string path, int block, List<ConversationSample> samples, List<string> faults, int longest = SampleParser.LongestText)
    {
        using ConversationReader reader = new(path, block, longest);
        while (reader.Read(out ConversationSample? sample, out string? fault))
        {
            Assert.True(sample is null != fault is null);
            (sample is null ? () => faults.Add(fault!) : (Action)(() => samples.Add(sample)))();
        }
    }

    private static (List<ConversationSample> Samples, List<string> Faults) ReadAll(string path, int block)
    {
        List<ConversationSample> samples = [];
        List<string> faults = [];
        ReadAll(path, block, samples, faults);
        return (samples, faults);
    }

    private (List<ConversationSample> Samples, List<string> Faults) ReadAll(string json) => ReadAll(_folder.Write("data.json", json), DataWindow.DefaultBlock);

    // The first fault as an error.
    private List<ConversationSample> Read(string json)
    {
        using ConversationReader reader = new(_folder.Write("data.json", json));
        List<ConversationSample> samples = [];
        while (reader.Read(out ConversationSample? sample, out string? fault))
        {
            samples.Add(sample ?? throw new InvalidDataException(fault));
        }

        return samples;
    }
}
