using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava doctor</c>: the devices detected, and what is missing.</summary>
internal static class DoctorCommand
{
    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        Command command = new("doctor", "Show the device, its memory and the native libraries found and not found, with the reason.");
        command.SetAction(static parsed => Print(parsed.InvocationConfiguration.Output));
        return command;
    }

    /// <summary>Prints the findings.</summary>
    /// <param name="output">Where.</param>
    internal static void Print(TextWriter output)
    {
        using CpuDevice device = new();
        Row("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {RuntimeInformation.FrameworkDescription}");
        Row("device", device.Description);
        Row("memory", string.Create(CultureInfo.InvariantCulture, $"{device.FreeBytes / (double)(1L << 30):F1} GiB free of {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30):F1} GiB"));
        Row("images", SkiaLibrary.Reason ?? "SkiaSharp (libSkiaSharp)");
        CudaReport.Print(Row);

        void Row(string name, string text) => output.WriteLine($"{name,-8} {text}");
    }
}
