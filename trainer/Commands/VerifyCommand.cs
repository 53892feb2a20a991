using System.CommandLine;
using System.Globalization;
using LlavaCuda.Devices;
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
        Command command = new("verify", "Compare forward, gradients, training steps and greedy tokens with a folder's reference; exit code 1 where out of tolerance.") { model };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            using InterruptScope interrupt = new();
            using Device opened = device.Open(parsed);
            using ReferenceCheck check = new(opened, parsed.GetRequiredValue(model));
            IReadOnlyList<VerifyRow> rows = check.Run(interrupt.Token);
            Print(rows, parsed.InvocationConfiguration.Output);
            return rows.All(static r => r.Passes) ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    /// <summary>Prints a table.</summary>
    /// <param name="rows">The comparisons.</param>
    /// <param name="output">Where.</param>
    internal static void Print(IReadOnlyList<VerifyRow> rows, TextWriter output)
    {
        output.WriteLine($"{"compared",-26} {"error",10} {"allowed",10}        worst");
        int passed = rows.Count(static r => r.Passes);
        foreach (VerifyRow row in rows)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Name,-26} {row.Error,10:0.0e+0} {row.Tolerance,10:0e+0}  {(row.Passes ? "ok  " : "FAIL")}  {row.Worst}").TrimEnd());
        }

        output.WriteLine(passed == rows.Count ? $"all {passed} within tolerance" : $"{rows.Count - passed} of {rows.Count} OUT OF TOLERANCE");
    }
}
