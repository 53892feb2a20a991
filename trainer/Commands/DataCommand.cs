using System.CommandLine;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava data</c>: makes data to train on.</summary>
internal static class DataCommand
{
    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create() => new("data", "Make instruction data, and choose what to train on.")
    {
        DataFilterCommand.Create(),
        DataGenerateCommand.Create(),
        DataPromptsCommand.Create(),
    };
}
