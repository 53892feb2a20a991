using System.CommandLine;
using LlavaCuda.Trainer;

namespace LlavaCuda.Tests.Commands;

/// <summary>Numbers of options have one form in every language, for all options that there are.</summary>
public class OptionParsingTests
{
    private static readonly HashSet<Type> Floating = [typeof(double), typeof(float), typeof(double?), typeof(float?)];
    private static readonly HashSet<Type> Whole = [typeof(int), typeof(long), typeof(ulong), typeof(int?), typeof(long?), typeof(ulong?)];
    private static readonly string[] NoNumbers =
        ["0,001", "0,5", "1,000", "1.000,5", "1_000", "10%", "0x10", "NaN", "Infinity", "-Infinity", "inf", "∞", "1e", "e5", "abc", "١٢", "1 000", " 1", "1 ", "(1)", "$1", "1f", "1d", "+-1", "--1", ".", ""];

    public static TheoryData<string, string, bool> Numbers()
    {
        TheoryData<string, string, bool> rows = [];
        foreach (Command command in Program.CreateRoot(out _).Subcommands)
        {
            foreach (Option option in command.Options.Where(static o => Floating.Contains(o.ValueType) || Whole.Contains(o.ValueType)))
            {
                rows.Add(command.Name, option.Name, Floating.Contains(option.ValueType));
            }
        }

        return rows;
    }

    [Fact]
    public void Options_OfNumbers_AreOfTypesThatAreParsedHere()
    {
        Option[] others = [.. Program.CreateRoot(out _).Subcommands.SelectMany(static command => command.Options)
            .Where(static o => !Floating.Contains(o.ValueType) && !Whole.Contains(o.ValueType) && o.ValueType is { IsArray: false, IsEnum: false })];
        Assert.All(others, static option =>
        {
            Type type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
            Assert.True(type == typeof(string) || type == typeof(bool) || type.IsEnum, $"{option.Name} is {type}");
        });
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Parse_WhatIsNoNumber_IsAUsageErrorThatNamesIt(string command, string option, bool floating)
    {
        foreach (string text in (string[])[.. NoNumbers, .. floating ? new[] { "1e400", "-1e999" } : ["1e-3", "1e3", "1.5", "0.001", "99999999999999999999999"]])
        {
            (int code, string error) = Run(command, option, text);
            Assert.Equal(2, code);
            Assert.Contains($"Cannot parse argument '{text}' for option '{option}'; expected ", error, StringComparison.Ordinal);
            Assert.Single(error.TrimEnd('\n').Split('\n'));
        }
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Parse_Numbers_HaveNoError(string command, string option, bool floating)
    {
        foreach (string text in floating ? new[] { "1", "-1", "+2", "0.001", ".5", "5.", "1e-3", "1E+3", "-2.5e-10" } : ["1", "+2", "007", "128"])
        {
            Assert.DoesNotContain(Program.CreateRoot(out _).Parse([command, option, text]).Errors, static error => error.Message.Contains("Cannot parse", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("1e-3", 1e-3)]
    [InlineData("0.001", 0.001)]
    [InlineData("-2.5E+2", -250)]
    [InlineData(".5", 0.5)]
    public void Parse_Number_IsItsValue(string text, double expected)
    {
        RootCommand root = Program.CreateRoot(out _);
        Assert.Equal(expected, root.Parse(["train", "--lr", text]).GetValue<double?>("--lr"));
    }

    /// <summary>All that is wrong is in the one line.</summary>
    [Fact]
    public void Parse_SeveralThatAreNone_AreAllNamed()
    {
        string error = Run("ask", "--temperature", "0,5", "--top-k", "1,000").Error;
        Assert.Contains("'0,5' for option '--temperature'", error, StringComparison.Ordinal);
        Assert.Contains("'1,000' for option '--top-k'", error, StringComparison.Ordinal);
        Assert.Contains("Options '--question' and '--model' are required.", error, StringComparison.Ordinal);
    }

    private static (int Code, string Error) Run(params string[] args)
    {
        using StringWriter output = new(), error = new() { NewLine = "\n" };
        return (Program.Run(args, output, error), error.ToString());
    }
}
