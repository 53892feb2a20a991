using System.CommandLine;
using LlavaCuda.Devices;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava train</c>: one stage of visual instruction tuning. Ctrl-C ends it after the step under way, with a checkpoint; a second one ends it at once.</summary>
internal static class TrainCommand
{
    private const string Description =
        "Train one stage of LLaVA. Stage pretrain: the projector alone learns from captions. Stage finetune: projector and language model learn from conversations. "
        + "Both by AdamW, with the values of LLaVA-1.5 unless others are given.";

    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        TrainOptions options = new();
        DeviceOptions device = new();
        Command command = new("train", Description);
        options.AddTo(command);
        device.AddTo(command);
        command.SetAction(parsed => Run(options.Read(parsed) with { Command = Invocation.Line([.. parsed.Tokens.Select(static token => token.Value)]) }, () => device.Open(parsed)));
        return command;
    }

    private static int Run(TrainingOptions options, Func<Device> open)
    {
        using InterruptScope interrupt = new();
        using Device device = open();
        using ConsoleTrainingOutput output = new(options.Stage.ToString().ToLowerInvariant());
        return new TrainingRun(options, device, output).Run(interrupt.Token).Interrupted ? ExitCode.Interrupted : ExitCode.Ok;
    }
}
