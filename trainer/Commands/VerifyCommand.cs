using System.CommandLine;
using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Tensors;
using LlavaCuda.Trainer.Verification;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava verify</c>: this engine against what another program computed with the same weights.</summary>
internal static class VerifyCommand
{
    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        Option<string> model = new("--model") { Description = "A model folder that holds reference.safetensors and reference.json.", Required = true };
        DeviceOptions device = new();
        Command command = new(
            "verify",
            "Compare forward, gradients, training steps and greedy tokens with a folder's reference; exit code 1 where one is out of tolerance. "
            + "The tolerances follow from the model: the processor computes it again with rounded activations to see what rounding alone does to each number. "
            + "That takes the memory of training the model in float32, whatever the device.")
        { model };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            using InterruptScope interrupt = new();
            using Device opened = device.Open(parsed);
            using ReferenceCheck check = new(opened, parsed.GetRequiredValue(model));
            IReadOnlyList<VerifyRow> rows = check.Run(interrupt.Token);
            Print(rows, opened.ComputeType, parsed.InvocationConfiguration.Output);
            return rows.All(static r => r.Passes) ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    /// <summary>Prints a table.</summary>
    /// <param name="rows">The comparisons.</param>
    /// <param name="precision">What the device computes in.</param>
    /// <param name="output">Where.</param>
    internal static void Print(IReadOnlyList<VerifyRow> rows, DType precision, TextWriter output)
    {
        output.WriteLine($"{"compared",-28} {"error",8} {"rounding",9} {"allowed",8}        worst");
        foreach (VerifyRow row in rows)
        {
            string verdict = row.Passes ? "ok  " : "FAIL";
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Name,-28} {row.Error,8:0.0e+0} {row.Rounding,9:0.0e+0} {row.Tolerance,8:0.0e+0}  {verdict}  {row.Worst}").TrimEnd());
        }

        string rounding = precision == DType.BF16 ? "bf16" : "single precision, with room for the order of sums,";
        output.WriteLine("error: relative to the reference. rounding: what rounding to " + rounding);
        output.WriteLine("alone does to this model's numbers, measured on the processor. allowed: 1.25 times that and six of its standard deviations.");
        int failed = rows.Count(static r => !r.Passes), silent = rows.Count(static r => r.Passes && !r.Tells);
        string unheard = silent > 0 ? $"; {silent} say nothing, because rounding alone may be as large as the number" : string.Empty;
        output.WriteLine(failed > 0
            ? $"{failed} of {rows.Count} OUT OF TOLERANCE: the engine is wrong on this device, or the reference was not made with these weights"
            : $"all {rows.Count} within tolerance{unheard}");
    }
}
