using System.CommandLine;
using System.CommandLine.Help;
using System.Text.RegularExpressions;
using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Commands;

/// <summary>What an option is when it is not given stands in the help.</summary>
public partial class OptionHelpTests
{
    // Options that have no value of their own when they are not given, with the words that say what happens then.
    private static readonly Dictionary<string, string> Absent = new()
    {
        ["train --vision"] = "only for a --model that is a language model",
        ["train --projector-weights"] = "unless given, the model's own or, with --vision, a new one",
        ["train --images"] = "only for data without any may it be left out",
        ["train --resume-from"] = "and not from the newest one",
        ["train --steps"] = "as many as --epochs takes unless given",
        ["train --projector-lr"] = "the same as --lr unless given",
        ["train --max-length"] = $"unless given {TrainingOptions.DefaultMaxLength}, or the model's positions where those are fewer",
        ["ask --vision"] = "where an original LLaVA folder only names one",
        ["ask --template"] = "by default what the model was trained with",
        ["ask --image-aspect"] = "by default what the model was trained with",
        ["ask --context"] = "By default what the model was made for",
        ["ask --image"] = "or not at all",
        ["ask --projector-weights"] = "by default the model's own",
        ["ask --stop"] = "beside those of the template",
        ["kernels --out"] = "Also write",
        ["kernels --only"] = "all unless given",
        ["kernels --ptx"] = "Also write",
        ["quickstart --base"] = "by default those that the program carries",
        ["--threads"] = "one a core unless given",
    };

    public static TheoryData<string> Commands => [.. Program.CreateRoot(out _).Subcommands.Select(static command => command.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_OptionThatNeedNotBeGiven_TellsItsDefaultOrWhatItsAbsenceMeans(string name)
    {
        Command command = Program.CreateRoot(out _).Subcommands.Single(command => command.Name == name);
        string[] help = Help(name).Split('\n');
        foreach (Option option in command.Options.Where(static option => !option.Required && option.ValueType != typeof(bool) && option is not HelpOption))
        {
            string line = Assert.Single(help, line => line.StartsWith($"  {option.Name} ", StringComparison.Ordinal));
            Assert.Contains(AbsenceOf(name, option.Name) ?? "[default: ", line, StringComparison.Ordinal);
            Assert.DoesNotContain("[default: ]", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Absent_EveryEntry_IsAnOption()
    {
        string[] options = [.. Program.CreateRoot(out _).Subcommands.SelectMany(static IEnumerable<string> (command) => command.Options.SelectMany(option => new[] { $"{command.Name} {option.Name}", option.Name }))];
        Assert.Subset(options.ToHashSet(), Absent.Keys.ToHashSet());
    }

    [Theory]
    [InlineData("--batch", "[default: 32 for pretrain, 16 for finetune]")]
    [InlineData("--lr", "[default: 0.001 for pretrain, 2e-5 for finetune]")]
    [InlineData("--image-aspect", "[default: square for pretrain, pad for finetune]")]
    [InlineData("--warmup-ratio", "[default: 0.03]")]
    [InlineData("--dtype", "[default: bf16]")]
    public void Help_Train_ShowsTheStagesDefaults(string option, string expected) => Assert.Matches($@"\n  {option} <[^\n]*{Regex.Escape(expected)}\n", Help("train"));

    // What "ask" and "chat" share is written once.
    private static string? AbsenceOf(string command, string option) => Absent.GetValueOrDefault($"{(command == "chat" ? "ask" : command)} {option}") ?? Absent.GetValueOrDefault(option);

    // One option a line, also where a narrow console breaks them.
    private static string Help(string command)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new();
        Assert.Equal(0, Program.Run([command, "--help"], output, error));
        return Continued().Replace(output.ToString(), " ");
    }

    [GeneratedRegex(@"\n {3,}")]
    private static partial Regex Continued();
}
