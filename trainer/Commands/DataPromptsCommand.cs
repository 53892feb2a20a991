using System.CommandLine;
using LlavaCuda.Trainer.Generating;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava data prompts</c>: writes the system messages and worked examples of <c>data generate</c>, to be edited.</summary>
internal static class DataPromptsCommand
{
    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        Option<string> output = new("--out") { Description = "The folder; files that are there stay.", Required = true };
        Command command = new("prompts", "Write the system messages and worked examples of data generate, to be edited.") { output };
        command.SetAction(parsed =>
        {
            string folder = FolderOption.Require(parsed.GetRequiredValue(output));
            int files = PromptSet.Export(folder);
            parsed.InvocationConfiguration.Output.WriteLine($"{files} files are in {folder}; give it to data generate as --prompts");
            return ExitCode.Ok;
        });
        return command;
    }
}
