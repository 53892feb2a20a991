using System.Text;
using LlavaCuda.Formats;

namespace LlavaCuda.Tests.Formats;

public sealed class ConfigSectionTests
{
    private const string Text = """
        {
          "number": 7, "fraction": 2.5, "text": "a\nb\u202e", "flag": true, "none": null, "big": 1e999,
          "list": [
            1,
            -2
          ],
          "mixed": [1, 2.5, "x"],
          "inner": {
            "deep": [0.5, null, 2]
          }
        }
        """;

    private static readonly ConfigSection Config = Parse(Text);

    private static readonly Dictionary<string, (Action<ConfigSection> Read, string Expected)> Faults = new()
    {
        ["text as a number"] = (c => c.OptionalInteger("text"), "line 2: text is \"a\\nb\\u202e\"; expected a whole number."),
        ["a fraction"] = (c => c.OptionalInteger("fraction"), "line 2: fraction is 2.5; expected a whole number."),
        ["a number as text"] = (c => c.Text("number", string.Empty), "line 2: number is 7; expected a string."),
        ["a list as a flag"] = (c => c.Flag("list", false), "line 3: list is [1,-2]; expected true or false."),
        ["an object as a number"] = (c => c.Positive("inner", 1), "line 8: inner is an object; expected a whole number."),
        ["an infinite number"] = (c => c.OptionalNumber("big"), "line 2: big is 1e999; expected a number."),
        ["an item"] = (c => c.OptionalIntegers("mixed"), "line 7: mixed[1] is 2.5; expected a whole number or a list of them."),
        ["an item of a section"] = (c => c.Section("inner")!.Value.OptionalNumbers("deep"),
            "line 9: inner.deep[1] is null; expected a number."),
        ["the number of items"] = (c => c.OptionalNumbers("list", 3), "line 3: list is [1,-2]; expected a list of 3 numbers."),
        ["a missing key"] = (c => throw c.Wrong("absent", "a value"), "absent is missing; expected a value."),
        ["null where a value is needed"] = (c => throw c.Wrong("none", "a value"), "line 2: none is null; expected a value."),
    };

    public static TheoryData<string> FaultNames => [.. Faults.Keys];

    [Theory]
    [MemberData(nameof(FaultNames))]
    public void Getter_WrongKind_NamesFileLineKeyAndValue(string fault) =>
        Assert.Equal(
            $"folder/f.json: {Faults[fault].Expected}",
            Assert.Throws<InvalidDataException>(() => Faults[fault].Read(Config)).Message);

    [Fact]
    public void Getter_NullOrAbsent_IsTheFallback()
    {
        Assert.Equal((5, "x", true), (Config.Positive("none", 5), Config.Text("absent", "x"), Config.Flag("none", true)));
        Assert.Null(Config.OptionalIntegers("none"));
        Assert.Null(Config.Section("absent"));
    }

    [Fact]
    public void OptionalIntegers_NumberOrList_AreBothRead()
    {
        Assert.Equal([7], Config.OptionalIntegers("number")!);
        Assert.Equal([1, -2], Config.OptionalIntegers("list")!);
    }

    [Theory]
    [InlineData("[1]", "folder/f.json: found [1]; expected a JSON object.")]
    [InlineData("null", "folder/f.json: found null; expected a JSON object.")]
    [InlineData("\"{}\"", "folder/f.json: found \"{}\"; expected a JSON object.")]
    public void Parse_NoObject_IsNamed(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<InvalidDataException>(() => Parse(text)).Message);

    [Fact]
    public void Wrong_LongValues_AreBounded()
    {
        string list = string.Join(',', Enumerable.Range(0, 100_000)), text = new('x', 1_000_000);
        ConfigSection config = Parse($"{{\"list\": [{list}], \"text\": \"{text}\"}}");

        Assert.Equal("folder/f.json: line 1: list is a list of 100000; expected a string.", config.Wrong("list", "a string").Message);
        Assert.InRange(config.Wrong("text", "a number").Message.Length, 100, 300);
    }

    private static ConfigSection Parse(string text) => ConfigSection.Parse(Encoding.UTF8.GetBytes(text), "folder/f.json");
}
