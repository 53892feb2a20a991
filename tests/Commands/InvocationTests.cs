using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Tests.Commands;

public class InvocationTests
{
    [Theory]
    [InlineData("trainer/bin/Release/net10.0/linux-x64", ".", "dotnet run -c Release --project trainer -- doctor")]
    [InlineData("trainer/bin/Debug/net10.0/linux-x64/", "trainer", "dotnet run -c Debug --project . -- doctor")]
    [InlineData("trainer/bin/Release/net10.0/linux-x64", "tests", "dotnet run -c Release --project {root}/trainer -- doctor")]
    [InlineData("trainer/bin/Release/net10.0/linux-x64/publish", ".", "llava doctor")]
    [InlineData("out", ".", "llava doctor")]
    [InlineData("tools/bin/Release/net10.0/linux-x64", ".", "llava doctor")]
    [InlineData("/", ".", "llava doctor")]
    public void Line_IsWhatStartsThisProgram(string program, string current, string expected)
    {
        using TemporaryFolder folder = new();
        folder.Write("trainer/LlavaCuda.Trainer.csproj", "<Project />");
        string root = folder.Root.Replace('\\', '/');
        Assert.Equal(expected.Replace("{root}", root, StringComparison.Ordinal), Invocation.LineFor(Path.Combine(folder.Root, program), Path.GetFullPath(Path.Combine(folder.Root, current)), "doctor").Replace('\\', '/'));
    }

    [Fact]
    public void Line_ArgumentsWithSpaces_AreQuoted() =>
        Assert.Equal("llava ask --model \"my runs/model\" -q \"What color?\" \"\"", Invocation.LineFor("/opt/llava", "/", "ask", "--model", "my runs/model", "-q", "What color?", string.Empty));

    [Fact]
    public void Line_WhatAShellWouldExpand_IsInSingleQuotes() =>
        Assert.Equal("""llava ask --model 'a $HOME' -q 'say "it'\''s" `now`'""", Invocation.LineFor("/opt/llava", "/", "ask", "--model", "a $HOME", "-q", "say \"it's\" `now`"));

    /// <summary>The tests' copy of the program is no build output of the trainer's project.</summary>
    [Fact]
    public void Line_Here_NamesTheProgram() => Assert.Equal("llava doctor", Invocation.Line("doctor"));

    [Fact]
    public void Line_SeveralArguments_KeepsThemAll() => Assert.Equal("llava ask --model m --image i", Invocation.Line("ask", "--model", "m", "--image", "i"));
}
