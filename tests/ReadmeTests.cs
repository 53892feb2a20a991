using System.Text.RegularExpressions;

namespace LlavaCuda.Tests;

public class ReadmeTests
{
    [Fact]
    public void Example_InTheReadme_IsTheOneThatCompiles()
    {
        string root = RepositoryFolder.Root;
        string[] lines = [.. File.ReadAllLines(Path.Combine(root, "tests", "ReadmeExample.cs")).Select(static l => l.Length > 8 ? l[8..] : string.Empty)];
        string code = string.Join('\n', lines[(Array.IndexOf(lines, "// begin") + 1)..Array.IndexOf(lines, "// end")]).Trim();
        Assert.DoesNotContain("_FIGURES", File.ReadAllText(Path.Combine(root, "README.md")), StringComparison.Ordinal);
        Assert.Contains(code, File.ReadAllText(Path.Combine(root, "README.md")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("engine/README.md")]
    [InlineData("bench/README.md")]
    public void Links_ToFiles_AreThere(string readme)
    {
        string path = Path.Combine(RepositoryFolder.Root, readme);
        string[] links = [.. Regex.Matches(File.ReadAllText(path), @"\]\(([^)#\s]+)\)").Select(static match => match.Groups[1].Value)];
        string[] files = [.. links.Where(static link => !link.Contains("://", StringComparison.Ordinal))];
        Assert.All(files, file => Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(path)!, file)), $"{readme} links {file}, which is not there."));
    }

    [Fact]
    public async Task Example_WithAModel_Answers()
    {
        StringWriter output = new();
        await ReadmeExample.Run(ReferenceFiles.Shipped("layouts", "huggingface"), ReferenceFiles.Shipped("images", "tiny.png"), output);
        Assert.NotEmpty(output.ToString());
    }
}
