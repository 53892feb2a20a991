using LlavaCuda.Trainer.Filtering;

namespace LlavaCuda.Tests.Filtering;

/// <summary>The extractor against captions that were annotated by hand.</summary>
public class NounPhraseExtractorTests(ITestOutputHelper output)
{
    private const int Seen = 100;

    [Theory]
    [InlineData("noun-phrases.txt", 0, Seen)]
    [InlineData("noun-phrases.txt", Seen, Seen)]
    [InlineData("noun-phrases-others.txt", 0, 2 * Seen)]
    public void Extract_AnnotatedCaptions_FindsWhatAHandFinds(string file, int skip, int take)
    {
        string[] lines = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "reference", file))
            .Where(static line => !line.StartsWith('#')).Skip(skip).Take(take)];
        Assert.Equal(take, lines.Length);
        int right = 0, found = 0, annotated = 0;
        foreach (string line in lines)
        {
            string[] parts = line.Split('|');
            List<string> expected = [.. parts[1].Split(';', StringSplitOptions.TrimEntries)];
            List<string> actual = NounPhraseExtractor.Extract(parts[0]);
            (found, annotated) = (found + actual.Count, annotated + expected.Count);
            if (!expected.SequenceEqual(actual))
            {
                output.WriteLine($"{parts[0]}\n   expected {string.Join("; ", expected)}\n   found    {string.Join("; ", actual)}");
            }

            right += actual.Count(expected.Remove);
        }

        double f1 = 2.0 * right / (found + annotated);
        output.WriteLine($"F1 {f1:F3}: {right} of {found} found and {annotated} annotated");
        Assert.True(f1 >= 0.9, $"F1 is {f1:F3}");
    }
}
