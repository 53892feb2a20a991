using System.Text.Json;
using LlavaCuda.Trainer.Evaluation.ScienceQa;

namespace LlavaCuda.Tests.Evaluation.ScienceQa;

public sealed class ScienceQaFormatTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-scienceqa-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_EveryRecordedFormat_EqualsTheOriginal()
    {
        IReadOnlyList<ScienceQaProblem> problems = ScienceQaData.Load(ReferenceFiles.At("evaluation"), "train");
        string file = Path.Combine(_folder, "out.json");
        JsonProperty[] formats =
            [.. BenchmarkReference.Expected.EnumerateObject().Where(static p => p.Name.StartsWith("convert ", StringComparison.Ordinal))];
        Assert.NotEmpty(formats);
        foreach (JsonProperty format in formats)
        {
            ScienceQaConverter.Write(file, problems, ScienceQaFormat.Parse(format.Name["convert ".Length..]));
            BenchmarkReference.AssertSame(format.Value, file);
        }
    }

    [Fact]
    public void Render_All80Formats_EqualTheOriginal()
    {
        IReadOnlyList<ScienceQaProblem> problems = ScienceQaData.Load(ReferenceFiles.Shipped("benchmarks"), "test");
        JsonElement expected = BenchmarkReference.MoreExpected.GetProperty("formats").GetProperty("json");
        Assert.Equal(ScienceQaFormat.Names, expected.EnumerateObject().Select(static p => p.Name));
        foreach (JsonProperty format in expected.EnumerateObject())
        {
            foreach ((ScienceQaProblem problem, JsonElement row) in problems.Zip(format.Value.EnumerateArray()))
            {
                (string prompt, string answer) = ScienceQaFormat.Parse(format.Name).Render(problem);
                string marker = problem.Image is null ? string.Empty : "\n<image>";
                Assert.Equal(
                    (row[0].GetString(), row[1].GetString(), row[2].GetString(), row[3].GetString()),
                    (problem.Id, problem.ImagePath, prompt + marker, answer));
            }
        }
    }

    [Fact]
    public void WriteLines_Lepa_EqualsTheOriginal()
    {
        string file = Path.Combine(_folder, "out.jsonl");
        ScienceQaConverter.WriteLines(
            file, ScienceQaData.Load(ReferenceFiles.Shipped("benchmarks"), "test"), ScienceQaFormat.Parse("QCM-LEPA"));
        string joined = Path.Combine(_folder, "joined.json");
        File.WriteAllText(joined, $"[{string.Join(',', File.ReadAllLines(file))}]");
        BenchmarkReference.AssertSame(BenchmarkReference.MoreExpected.GetProperty("formats").GetProperty("jsonl"), joined);
    }

    [Theory]
    [InlineData("QCM")]
    [InlineData("QCM-X")]
    [InlineData("XYZ-A")]
    [InlineData("qcm-a")]
    [InlineData("QCM-A-A")]
    public void Parse_NoFormat_NamesAll(string name) =>
        Assert.Contains(
            "QCLEM and OUTPUT one of A, AL", Assert.Throws<ArgumentException>(() => ScienceQaFormat.Parse(name)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Parse_SwappedOutputs_AreKnown() =>
        Assert.Equal(
        ["AL", "AE"],
            ScienceQaFormat.Names.Select(ScienceQaFormat.Parse).Where(static f => f.IsSwapped).Select(static f => f.Output).Distinct());
}
