using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Tests.Evaluation.ShortAnswers;

/// <summary>What the original scorers and scripts say to made-up answers: <c>make_short_answer_reference.py</c>.</summary>
internal static class ShortAnswerReference
{
    private static readonly Lazy<JsonElement> Recorded = new(static () => JsonElement.Parse(File.ReadAllBytes(At("expected.json"))));

    internal static JsonElement Expected => Recorded.Value;

    internal static string At(string name) => ReferenceFiles.Shipped("short_answers", name);

    /// <summary>Reads recorded answers.</summary>
    internal static List<(string Id, string Text, string? Prompt)> Answers(string name) =>
        [.. JsonLines.Read(At(name)).Select(static line => (line.Row.RawText("question_id")!, Value(line.Row, "text")!, Value(line.Row, "prompt")))];

    /// <summary>Fails where two JSON values differ.</summary>
    internal static void AssertSame(JsonElement expected, byte[] actual) =>
        Assert.True(JsonElement.DeepEquals(expected, JsonElement.Parse(actual)), System.Text.Encoding.UTF8.GetString(actual));

    private static string? Value(ConfigSection row, string key) => row.OptionalText(key);
}
