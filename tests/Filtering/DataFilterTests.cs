using System.Collections;
using System.Globalization;
using System.Text.Json;
using DuckDB.NET.Data;
using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Data;
using LlavaCuda.Trainer.Filtering;

namespace LlavaCuda.Tests.Filtering;

public sealed class DataFilterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-filter-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The rule once more, by dictionaries.</summary>
    [Theory]
    [InlineData(1, 3, 100)]
    [InlineData(2, 3, 20)]
    [InlineData(3, 1, 1)]
    [InlineData(4, 7, 5)]
    public void Choose_RandomPhrases_AgreesWithABruteForceTwin(int seed, int least, int most)
    {
        const int Captions = 2000;
        Random random = new(seed);
        string[][] phrases = [.. Enumerable.Range(0, Captions).Select(_ => Enumerable.Range(0, random.Next(6))
            .Select(_ => $"phrase {(int)Math.Pow(random.NextDouble() * 9, 3)}").Distinct().ToArray())];
        using PhraseTable table = new(_folder, (ulong)seed);
        for (int i = 0; i < Captions; i++)
        {
            table.Add(i, phrases[i]);
        }

        BitArray chosen = table.Choose(Captions, least, most, TestContext.Current.CancellationToken);
        Dictionary<string, int[]> of = phrases.Index().SelectMany(static row => row.Item.Select(phrase => (phrase, row.Index)))
            .GroupBy(static pair => pair.phrase, static pair => pair.Index)
            .ToDictionary(static group => group.Key, static group => group.ToArray());
        HashSet<int> expected = [.. of.Where(pair => pair.Value.Length >= least).SelectMany(pair =>
            pair.Value.OrderBy(i => PhraseTable.Draw((ulong)seed, i, pair.Key)).Take(most))];
        Assert.InRange(expected.Count, 1, Captions);
        Assert.Equal(expected.Order(), Enumerable.Range(0, Captions).Where(i => chosen[i]));

        Assert.Equal(
            of.Where(pair => pair.Value.Length >= least)
                .Select(static pair => (pair.Key, Before: (long)pair.Value.Length, After: (long)0))
                .Select(row => row with { After = of[row.Key].Count(expected.Contains) })
                .OrderByDescending(static row => row.Before).ThenBy(static row => row.Key, StringComparer.Ordinal),
            table.Counts(chosen).Select(static count => (count.Phrase, count.Before, count.After)));
    }

    [Fact]
    public void Filter_EveryKindOfFile_ChoosesTheSameCaptions()
    {
        Random random = new(9);
        (string Caption, string Image)[] rows = [.. Enumerable.Range(0, 400).Select(i => (
            $"a dog and the thing{(int)Math.Pow(random.NextDouble() * 6, 3)} with \"é\" on thing{random.Next(80)}, {i}",
            string.Create(CultureInfo.InvariantCulture, $"folder/{i:D5}.jpg")))];
        Save("a.jsonl", string.Join('\n', rows.Select(static row => Json(row.Caption, row.Image))));
        Save("b.json", $"[\n{string.Join(",\n ", rows.Select(static row => Json(row.Caption, row.Image)))}]");
        IEnumerable<string> lines = rows.Select(
            static row => $"{row.Image},\"{row.Caption.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
        Save("c.csv", $"image,caption\n{string.Join('\n', lines)}\n");
        Save("d.tsv", string.Join('\n', rows.Select(static row => $"{row.Caption}\t{row.Image}")));
        Save("e.json", $"[{string.Join(',', rows.Select(static row => $$"""
            {"id": "x", "image": "{{row.Image}}", "conversations":
             [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": {{JsonSerializer.Serialize(row.Caption)}} }]}
            """))}]");
        using (DuckDBConnection connection = new("Data Source=:memory:"))
        {
            connection.Open();
            using DuckDBCommand command = connection.CreateCommand();
            string table = $"read_csv('{At("c.csv")}', all_varchar = true, header = true)";
            command.CommandText = $"COPY (SELECT * FROM {table}) TO '{At("f.parquet")}' (FORMAT parquet)";
            command.ExecuteNonQuery();
        }

        string[] first = [];
        (string, string)[] files =
        [
            ("a.jsonl", ""), ("b.json", ""), ("c.csv", ""), ("d.tsv", " --no-header --caption-column 1 --image-column 2"), ("e.json", ""),
            ("f.parquet", ""),
        ];
        foreach ((string file, string more) in files)
        {
            (int code, string output, string error) = Run($"--captions {At(file)} --most 4 --out {At("out")}{more}");
            Assert.True(code == 0, error);
            List<string> kept = [];
            using (JsonDocument written = JsonDocument.Parse(File.ReadAllText(At("out/pretrain.json"))))
            {
                kept.AddRange(written.RootElement.EnumerateArray().Select(static sample =>
                    $"{sample.GetProperty("image")} {sample.GetProperty("conversations")[1].GetProperty("value")}"));
            }

            using (ConversationReader reader = new(At("out/pretrain.json")))
            {
                foreach (string _ in kept)
                {
                    Assert.True(reader.Read(out ConversationSample? sample, out string? fault) && fault is null, fault);
                    Assert.Single(sample!.Images);
                }
            }

            first = first.Length == 0 ? [.. kept] : first;
            Assert.InRange(kept.Count, 20, 380);
            Assert.Equal(first, kept);
            Assert.Contains($"{kept.Count} of 400 captions are kept", output, StringComparison.Ordinal);
            Assert.Equal(
                ["coverage.png", "pretrain.json", "report.md"],
                Directory.EnumerateFileSystemEntries(At("out")).Select(Path.GetFileName).Order());
        }
    }

    [Theory]
    [InlineData("[\n[\"A dog\"],\n[], [\"a  dog\", \"the sea\"]]")]
    [InlineData("[\"A dog\"]\n[]\n[\"the dog\",\n\"sea\"]")]
    [InlineData("{\"noun_chunks\": [\"a dog\"]}\n{\"phrases\": [], \"x\": [1]}\n{\"phrases\": [\"a dog\"]}")]
    public void Filter_ListsOfPhrases_AreReadInAllForms(string phrases)
    {
        Save("a.jsonl", string.Join('\n', Enumerable.Range(0, 3).Select(static i => $$"""{"id": {{i + 7}}, "caption": "c", "image": "{{i}}.jpg"}""")));
        Save("p.jsonl", phrases);
        (int code, string output, string error) = Run($"--captions {At("a.jsonl")} --phrases {At("p.jsonl")} --least 2 --out {At("out")}");
        Assert.True(code == 0, error);
        Assert.Contains("2 of 3 captions are kept (66.7 %), by 1 noun phrases", output, StringComparison.Ordinal);
        using JsonDocument written = JsonDocument.Parse(File.ReadAllText(At("out/pretrain.json")));
        Assert.Equal(["7", "9"], written.RootElement.EnumerateArray().Select(static sample => sample.GetProperty("id").GetString()));
        (_, _, error) = Run($"--captions {At("a.jsonl")} --phrases {At("p.jsonl")} --least 3 --out {At("out")}");
        Assert.Contains("warning: nothing is kept: no noun phrase is in 3 of the captions", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Filter_PhrasesOfAnotherProgram_AreTakenAsTheyAre()
    {
        Save("a.jsonl", string.Join('\n', Enumerable.Range(0, 30).Select(static i => Json($"caption {i}", $"{i}.jpg"))));
        Save("p.jsonl", string.Join('\n', Enumerable.Range(0, 30).Select(static i => i < 3 ? """["The  Cat", "a dog"]""" : "[]")));
        (int code, string output, string error) = Run($"--captions {At("a.jsonl")} --phrases {At("p.jsonl")} --out {At("out")}");
        Assert.True(code == 0, error);
        Assert.Contains("3 of 30 captions are kept (10.0 %), by 2 noun phrases", output, StringComparison.Ordinal);
        Assert.Contains("| cat | 3 | 3 |", File.ReadAllText(At("out/report.md")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.txt", "x", "", "a.txt is none of .json, .jsonl, .csv, .tsv and .parquet")]
    [InlineData("a.csv", "image,text\n1,2\n", "", "a.csv has no column 'caption'; the columns are 'image', 'text'")]
    [InlineData("a.tsv", "b\ta\n", " --no-header --caption-column 3", "has no column '3'; the columns are 1 to 2")]
    [InlineData("a.jsonl", "{\"caption\": \"a\", \"image\": \"b\"}\n{\"caption\": 5, \"image\": \"b\"}", "", "row 2 has no caption or no image")]
    [InlineData("a.csv", "caption,image\na,b\nc\nd,e,f\n", "", "a.csv cannot be read: Invalid Input Error: ")]
    [InlineData("a.csv", "caption,image\n# a,b\nc,d,e\n", "", "a.csv cannot be read: Invalid Input Error: ")]
    [InlineData("a.jsonl", "{\"caption\": \"a\"", "", "a.jsonl cannot be read: ")]
    [InlineData("a.jsonl", "", "", "a.jsonl is empty")]
    [InlineData("a.parquet", "no parquet", "", "a.parquet cannot be read: ")]
    [InlineData("a.jsonl", "{\"caption\": \"a\", \"image\": \"b\"}", " --phrases PHRASES", "has more lists of phrases than the 1 captions")]
    [InlineData("a.jsonl", "{\"caption\": \"a\", \"image\": \"b\"}", " --least 0", "--least is 0")]
    public void Filter_WhatIsWrong_IsNamedAndNothingStays(string file, string text, string more, string expected)
    {
        Save(file, text);
        Save("p.jsonl", "[]\n[]\n");
        string options = more.Replace("PHRASES", At("p.jsonl"), StringComparison.Ordinal);
        (int code, _, string error) = Run($"--captions {At(file)} --out {At("out")}{options}");
        Assert.NotEqual(0, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("out")));
    }

    private static string Json(string caption, string image) =>
        $$"""{"caption": {{JsonSerializer.Serialize(caption)}}, "image": "{{image}}"}""";

    private static (int Code, string Output, string Error) Run(string line)
    {
        using StringWriter output = new(), error = new();
        return (Program.Run(["data", "filter", .. line.Split(' ')], output, error), output.ToString(), error.ToString());
    }

    private void Save(string name, string text) => File.WriteAllText(At(name), text);

    private string At(string name) => Path.Combine(_folder, name);
}
