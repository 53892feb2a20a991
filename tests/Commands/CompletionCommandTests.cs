using System.Diagnostics;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer;

namespace LlavaCuda.Tests.Commands;

public class CompletionCommandTests
{
    [Theory]
    [InlineData("llava tr", "train")]
    [InlineData("llava train --mo", "--model")]
    [InlineData("llava train --stage ", "pretrain", "finetune")]
    [InlineData("llava train --image-aspect p", "pad")]
    [InlineData("llava ask --precis", "--precision")]
    [InlineData("llava completion ", "bash", "fish", "pwsh", "zsh")]
    public void Suggest_BeginningOfALine_IsCompleted(string line, params string[] expected)
    {
        string[] lines = Run($"[suggest:{line.Length}]", line).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(expected, text => Assert.Contains(text, lines));
    }

    [Theory]
    [InlineData("bash", "complete -o bashdefault -o default -F _llava llava")]
    [InlineData("zsh", "#compdef llava")]
    [InlineData("fish", "complete -c llava")]
    [InlineData("pwsh", "Register-ArgumentCompleter -Native -CommandName llava")]
    public void Completion_Shell_IsItsScript(string shell, string part) => Assert.Contains(part, Run("completion", shell), StringComparison.Ordinal);

    /// <summary>The script in the shell that it is for.</summary>
    [Theory]
    [InlineData("llava tra", "train")]
    [InlineData("llava train --grad", "")]
    [InlineData("llava train --accum", "--accumulate")]
    [InlineData("llava train --stage fi", "finetune")]
    [InlineData("llava  ask   --image-aspect ", "pad square")]
    public void Bash_Line_IsCompleted(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "There is no bash.");
        using TemporaryFolder folder = new();
        string script = folder.Write("llava.bash", Run("completion", "bash"));
        string program = Path.Combine(AppContext.BaseDirectory, "llava");
        Assert.SkipUnless(File.Exists(program), "The program has no executable here.");
        ProcessStartInfo start = new("/bin/bash") { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "/usr/share/dotnet/dotnet");
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($$"""source '{{script}}'; COMP_LINE='{{line}}'; COMP_POINT=${#COMP_LINE}; read -ra COMP_WORDS <<< "$COMP_LINE"; [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=(''); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _llava; echo "${COMPREPLY[*]}" """);
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd().Trim();
        Assert.Equal(expected, output.ReplaceLineEndings(" "));
    }

    private static string Run(params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new();
        Assert.Equal(0, Program.Run(args, output, error));
        return output.ToString();
    }
}
