using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Tests.Commands;

public sealed class ProgramTests
{
    [Theory]
    [InlineData(2, "llava: 'bogus' is no command", "bogus")]
    [InlineData(2, "llava ask: Option '--question' is required", "ask", "--model", "x")]
    [InlineData(2, "llava: Device 'tpu' is unknown", "ask", "--model", "x", "-q", "hi", "--device", "tpu")]
    [InlineData(1, "/no/such/folder", "ask", "--model", "/no/such/folder", "-q", "hi", "--device", "cpu")]
    public void Run_WhatCannotWork_IsOneLineAndACode(int code, string part, params string[] args)
    {
        (int actual, string output, string error) = Run(args);
        Assert.Equal(code, actual);
        Assert.Empty(output);
        Assert.Contains(part, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Run_Verbose_ShowsWhereItFailed()
    {
        string error = Run("ask", "--model", "/no/such/folder", "-q", "hi", "--verbose").Error;
        Assert.Contains("   at LlavaCuda.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Nothing_ShowsTheCommands()
    {
        (int code, string output, _) = Run();
        Assert.Equal(2, code);
        Assert.Contains("doctor", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Line_MessageOfManyLines_IsOne()
    {
        ArgumentOutOfRangeException error = new("temperature", -1, "It must not be negative.");
        Assert.Equal("It must not be negative. Actual value was -1.", ExitCode.Line(error));
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        return (Program.Run(args, output, error), output.ToString(), error.ToString());
    }
}
