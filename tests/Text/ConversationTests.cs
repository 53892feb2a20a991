using System.Text.Json;
using LlavaCuda.Text;

namespace LlavaCuda.Tests.Text;

public sealed class ConversationTests
{
    [Fact]
    public void FromJson_Markers_BecomeImages()
    {
        Conversation conversation = Read("""[{"from": "human", "value": "<image>\nA <image>?"}, {"from": "gpt", "value": "B"}]""", hasImages: true);
        Assert.Equal("7", conversation.Id);
        Assert.Equal(2, conversation.ImageCount);
        Assert.Equal([Role.Human, Role.Assistant], conversation.Turns.Select(t => t.Role));
        Assert.Equal([ContentPart.Image, new("\nA "), ContentPart.Image, new("?")], conversation.Turns[0].Content);
    }

    [Fact]
    public void FromJson_NoImages_KeepsTheMarkerAsText()
    {
        Conversation conversation = Read("""[{"from": "human", "value": "What is <image>?"}]""", hasImages: false);
        Assert.Equal(0, conversation.ImageCount);
        Assert.Equal([new ContentPart("What is <image>?")], conversation.Turns[0].Content);
    }

    [Theory]
    [InlineData("T", "T", "")]
    [InlineData("T|I", "I|\n|T", "T|I|\n")]
    [InlineData("I|T", "I|\n|T", "I|\n|T")]
    [InlineData("T|I|U|I", "I|\n|I|\n|TU", "T|I|\n|U|I|\n")]
    [InlineData("I| T \n", "I|\n| T \n", "")]
    [InlineData("I|<image>\nT", "I|\nT", "I|\nT")]
    [InlineData("Is <image> over <image>?|I|I", "I|\n|I|\nIs  over ?", "Is |I| over |I|?")]
    [InlineData("I|T <ima|ge>|U", "I|\nT U", "T |I|U")]
    public void Human_PartsAndMarkers_GoByOneRule(string parts, string first, string data)
    {
        ContentPart[] came = [.. parts.Split('|').Select(static p => p == "I" ? ContentPart.Image : new ContentPart(p))];
        Assert.Equal(first, Written(Turn.Human(came, ImageOrder.First)));
        Assert.Equal(data.Length == 0 ? first : data, Written(Turn.Human(came, ImageOrder.Data)));

        static string Written(Turn turn) => string.Join('|', turn.Content.Select(static p => p.Text ?? "I"));
    }

    [Theory]
    [InlineData("<image>", "1 place", "0 images")]
    [InlineData("<image> and <image>|I", "2 places", "1 image ")]
    [InlineData("<image>|I|I", "1 place", "2 images")]
    public void Human_MarkersAndImagesDiffer_Throws(string parts, params string[] expected)
    {
        ContentPart[] came = [.. parts.Split('|').Select(static p => p == "I" ? ContentPart.Image : new ContentPart(p))];
        string message = Assert.Throws<ArgumentException>(() => Turn.Human(came, ImageOrder.First)).Message;
        Assert.All(expected, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{}""", "conversations is an object")]
    [InlineData("""[]""", "conversations is a list of 0")]
    [InlineData("""["hi"]""", "conversations[0] is \"hi\"")]
    [InlineData("""[{"from": "human", "value": "a"}, {"from": "bot", "value": "b"}]""", "conversations[1].from is \"bot\"")]
    [InlineData("""[{"value": "b"}]""", "conversations[0].from is missing")]
    [InlineData("""[{"from": "gpt"}]""", "conversations[0].value is missing")]
    [InlineData("""[{"from": "gpt", "value": "\ud800"}]""", "conversations holds text that is not valid Unicode")]
    [InlineData("""[{"from": "gpt", "\ud800": "a"}]""", "conversations holds text that is not valid Unicode")]
    [InlineData("""[{"from": "\udc00", "value": "a"}]""", "conversations holds text that is not valid Unicode")]
    [InlineData("""[{"from": "gpt", "value": null}]""", "conversations[0].value is null")]
    public void FromJson_BadTurn_NamesSampleAndKey(string json, string expected)
    {
        string message = Assert.Throws<InvalidDataException>(() => Read(json, hasImages: true)).Message;
        Assert.StartsWith($"sample '7': {expected}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Human_Images_StandBeforeTheText() =>
        Assert.Equal([ContentPart.Image, new("\n"), ContentPart.Image, new("\n"), new("Which?")], Turn.Human("Which?", images: 2).Content);

    [Theory]
    [InlineData("Q\n<image>", "<image>\nQ")]
    [InlineData(" a<image>b<image> ", "<image>\n<image>\nab")]
    [InlineData("<image>", "<image>")]
    [InlineData("\u001c\u3000<image>x\u0085", "<image>\nx")]
    [InlineData("  none ", "  none ")]
    public void WithImageFirst_Markers_GoToTheFront(string text, string expected) =>
        Assert.Equal(expected, new PromptSegments().Add(Turn.FromMarked(Role.Human, text).WithImageFirst()).ToString());

    private static Conversation Read(string json, bool hasImages) => Conversation.FromJson(JsonElement.Parse(json), "7", hasImages);
}
