using System.Text.Json;

namespace LlavaCuda.Tests.Evaluation;

/// <summary>
/// What the original's evaluation scripts print and write: <c>evaluation/</c> of <see cref="ReferenceFiles"/>, which may be another folder
/// of its
/// layout, and <c>benchmarks/</c>, which is the project's own and always beside the tests.
/// </summary>
internal static class BenchmarkReference
{
    private static readonly Lazy<JsonElement> Evaluation = new(static () => Read(ReferenceFiles.At("evaluation", "expected.json")));
    private static readonly Lazy<JsonElement> More = new(static () => Read(ReferenceFiles.Shipped("benchmarks", "expected.json")));

    /// <summary>Gets the expected outputs of <c>evaluation/</c>.</summary>
    internal static JsonElement Expected => Evaluation.Value;

    /// <summary>Gets the expected outputs of <c>benchmarks/</c>.</summary>
    internal static JsonElement MoreExpected => More.Value;

    /// <summary>Gets a file of <c>evaluation/</c>.</summary>
    internal static string At(string name) => ReferenceFiles.At("evaluation", name);

    /// <summary>Gets a file of <c>benchmarks/</c>.</summary>
    internal static string MoreAt(string name) => ReferenceFiles.Shipped("benchmarks", name);

    /// <summary>Gets the texts of a list.</summary>
    internal static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(static item => item.GetString()!)];

    /// <summary>Fails where two JSON values differ, numbers by value and keys in their order.</summary>
    internal static void AssertSame(JsonElement expected, string path) =>
        Assert.True(Same(expected, Read(path)), $"{path} differs from the original's");

    private static bool Same(JsonElement a, JsonElement b) => (a.ValueKind, b.ValueKind) switch
    {
        (JsonValueKind.Object, JsonValueKind.Object) =>
            a.EnumerateObject()
            .SequenceEqual(
                b.EnumerateObject(),
                    EqualityComparer<JsonProperty>.Create(static (x, y) => x.Name == y.Name && Same(x.Value, y.Value))),
        (JsonValueKind.Array, JsonValueKind.Array) =>
            a.EnumerateArray().SequenceEqual(b.EnumerateArray(), EqualityComparer<JsonElement>.Create(Same)),
        (JsonValueKind.Number, JsonValueKind.Number) => a.GetDouble() == b.GetDouble(),
        (JsonValueKind.String, JsonValueKind.String) => a.GetString() == b.GetString(),
        (JsonValueKind first, JsonValueKind second) => first == second,
    };

    private static JsonElement Read(string path) => JsonElement.Parse(File.ReadAllBytes(path));
}
