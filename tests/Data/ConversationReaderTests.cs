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
              { "image": null, "conversations": [ { "from": "gpt", "value": "left out" }, { "from": "human", "value": "?" } ] }
            ]
            """);
        Assert.Equal(["a1", "7", "c", ""], samples.Select(s => s.Place.Id));
        Assert.Equal([0, 1, 2, 3], samples.Select(s => s.Place.Index));
        Assert.Equal(["x/a.jpg"], samples[0].Images);
        Assert.Equal(["1.png", "2.png"], samples[2].Images);
        Assert.Equal([1, 0, 2, 0], samples.Select(s => s.Conversation.ImageCount));
        Assert.Equal("A \"dog\".", samples[0].Conversation.Turns[1].Content[0].Text);
        Assert.Equal(Role.Assistant, samples[3].Conversation.Turns[0].Role);
    }

    [Fact]
    public void Read_ManySamplesAndOneLargerThanTheBuffer_AreTheSame()
    {
        string big = new('é', 200_000);
        StringBuilder json = new("\uFEFF[");
        for (int i = 0; i < 3000; i++)
        {
            json.Append(i == 0 ? "\n" : ",\n").Append($$"""{"id":"s{{i}}","conversations":[{"from":"human","value":"{{(i == 1500 ? big : "q")}}"},{"from":"gpt","value":"a{{i}}"}]}""");
        }

        List<ConversationSample> samples = Read(json.Append("]\n").ToString());
        Assert.Equal(Enumerable.Range(0, 3000).Select(i => $"a{i}"), samples.Select(s => s.Conversation.Turns[1].Content[0].Text));
        Assert.Equal(big, samples[1500].Conversation.Turns[0].Content[0].Text);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("  \n ", "empty")]
    [InlineData("[]", "no sample")]
    [InlineData("{\"id\": 1}\n{\"id\": 2}", "line 1", "JSON array", "JSON Lines")]
    [InlineData("\n\"x\"", "line 2", "JSON array")]
    [InlineData("[\n[]]", "sample 0", "line 2", "object")]
    [InlineData("[\n{\"id\": \"a\",\n\"conversations\": [}", "line 3")]
    [InlineData("[\n{\"id\": \"a\"}", "sample 0", "'a'", "'conversations' is missing")]
    [InlineData("[{\"conversations\": []}]", "'conversations' is empty")]
    [InlineData("[{\"conversations\": 3}]", "'conversations' is no array")]
    [InlineData("[\n{\"id\":\"a\",\n\"conversations\": [\n{\"from\":\"user\",\"value\":\"x\"}]}]", "sample 0", "'a'", "line 4", "conversations[0].from", "'user'", "'human' or 'gpt'")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\"}]}]", "conversations[0]", "no 'value'")]
    [InlineData("[{\"conversations\": [{\"value\":\"x\"}]}]", "conversations[0]", "no 'from'")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\",\"value\":null}]}]", "conversations[0].value", "no string")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\",\"value\":\"x\"},{\"from\":\"human\",\"value\":\"y\"}]}]", "conversations[1].from", "'human' again")]
    [InlineData("[{\"image\": 5, \"conversations\": []}]", "'image' is no string")]
    [InlineData("[{\"image\": [\"a\", 5], \"conversations\": []}]", "'image[1]' is no string")]
    [InlineData("[{\"image\": \"/etc/x.jpg\", \"conversations\": []}]", "'image' is '/etc/x.jpg'", "relative")]
    [InlineData("[{\"id\": \"a\", \"image\": \"../../x.jpg\", \"conversations\": []}]", "sample 0", "'a'", "'image' is '../../x.jpg'", "inside the folder of pictures")]
    [InlineData("[{\"image\": [\"a/../b.jpg\", \"a/../../x.jpg\"], \"conversations\": []}]", "'image[1]' is 'a/../../x.jpg'", "inside")]
    [InlineData("[{\"image\": \"a\\\\..\\\\..\\\\x.jpg\", \"conversations\": []}]", "inside")]
    [InlineData("[{\"image\": \"\\\\x.jpg\", \"conversations\": []}]", "inside")]
    [InlineData("[{\"image\": \"C:/x.jpg\", \"conversations\": []}]", "'C:/x.jpg'", "inside")]
    [InlineData("[{\"image\": \"../a\\nb.jpg\", \"conversations\": []}]", "'../a?b.jpg'", "inside")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\",\"value\":\"x\"}]}] more", "invalid after")]
    [InlineData("[{\"conversations\": [{\"from\":\"human\",\"value\":\"x\"}]}", "line 1")]
    public void Read_BrokenFile_NamesPlaceAndKey(string json, params string[] parts) =>
        OneLine.Throws<InvalidDataException>(() => Read(json), ["data.json", .. parts]);

    private List<ConversationSample> Read(string json)
    {
        using ConversationReader reader = new(_folder.Write("data.json", json));
        List<ConversationSample> samples = [];
        while (reader.Read() is { } sample)
        {
            samples.Add(sample);
        }

        return samples;
    }
}
