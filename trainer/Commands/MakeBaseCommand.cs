using System.CommandLine;
using System.Globalization;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Trainer.Quickstart;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava make-base</c>: makes the quickstart's tiny base models again, from nothing.</summary>
internal static class MakeBaseCommand
{
    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        Option<string> output = new("--out") { Description = "The folder to make.", DefaultValueFactory = static _ => Path.Combine("runs", "base") };
        Option<int> seed = new("--seed") { Description = "Chooses everything that is random.", DefaultValueFactory = static _ => 0 };
        DeviceOptions device = new();
        Command command = new("make-base", "Make the tiny base models that the quickstart starts from: a vision tower that sees and a language model that reads.") { output, seed };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            using InterruptScope interrupt = new();
            using Device opened = device.Open(parsed);
            string folder = parsed.GetRequiredValue(output);
            if (AtomicFolder.ModelFilesIn(folder) is [var there, ..])
            {
                throw new ArgumentException($"{output.Name} is {folder}, which holds a model ({Path.GetFileName(there)}); choose another folder.");
            }

            FolderOption.Require(folder);
            BaseModels.Make(opened, folder, parsed.GetValue(seed), Report, interrupt.Token);
            Console.WriteLine($"The base is in {folder}.");
        });
        return command;
    }

    private static void Report(string phase, int step, int steps, double loss)
    {
        if (step % 50 == 0 || step == steps)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{phase,-8} {step,4}/{steps} loss {loss:F3}"));
        }
    }
}
