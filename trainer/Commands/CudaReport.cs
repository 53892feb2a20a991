using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Native;

namespace LlavaCuda.Trainer.Commands;

/// <summary>What <c>llava doctor</c> tells of CUDA: folders, libraries, devices, and why it cannot be used.</summary>
internal static class CudaReport
{
    private static readonly (NativeComponent Component, string Row)[] Components =
    [
        (NativeComponent.Driver, "driver"),
        (NativeComponent.Nvrtc, "nvrtc"),
        (NativeComponent.CublasLt, "cublaslt"),
    ];

    /// <summary>Prints the rows.</summary>
    /// <param name="row">Prints one: name and text.</param>
    internal static void Print(Action<string, string> row)
    {
        string? unusable = CudaAvailability.Current.Reason;
        row("path", Named(NativeEnvironment.Machine));
        foreach ((NativeComponent component, string name) in Components)
        {
            string title = name;
            foreach (string line in Describe(NativeLoader.Find(component)))
            {
                row(title, line);
                title = string.Empty;
            }
        }

        row("cache", Cache(Environment.GetEnvironmentVariable));
        for (int ordinal = 0; ordinal < CudaAvailability.DeviceCount; ordinal++)
        {
            row($"gpu {ordinal}", Describe(ordinal));
        }

        row("cuda", unusable ?? Trial() ?? "can be used: --device cuda");
    }

    // What --device cuda would say. All is there; but a variable may be wrong, or the GPU be taken. Whatever it is that fails, the report is there to tell it: no error is left out.
    private static string? Trial()
    {
        try
        {
            using CudaDevice device = new();
            _ = KernelSources.Headers;
            return null;
        }
        catch (Exception error)
        {
            return ExitCode.Line(error);
        }
    }

    /// <summary>Tells what came of looking for a library: what it is, or what was looked for; then where it was looked for before it was found, and what was there and was not taken.</summary>
    /// <param name="finding">The finding.</param>
    /// <returns>The row's text and the lines below it.</returns>
    internal static IEnumerable<string> Describe(NativeFinding finding) =>
    [
        finding.IsFound ? $"{(finding.Component == NativeComponent.Driver ? "CUDA " : string.Empty)}{finding.Version}, {finding.File()}" : $"not found: {string.Join(" or ", finding.Files)}",
        .. finding.Places.SkipLast(finding.IsFound ? 1 : 0).Select(static place => $"  looked in {place}"),
        .. finding.PassedOver.Select(static attempt => $"  passed over {attempt.Path} ({attempt.Reason})"),
    ];

    /// <summary>Tells the folders that the user names, with a mark on those that are none.</summary>
    /// <param name="machine">The machine.</param>
    /// <returns>The row's text.</returns>
    internal static string Named(NativeEnvironment machine)
    {
        string[] folders = [.. NativeFolders.Named(machine).Select(NativeFolders.Marked)];
        return $"{NativeFolders.Variable} {(folders.Length == 0 ? "names no folder" : $"is {string.Join(", ", folders)}")}";
    }

    /// <summary>Tells where compiled kernels are kept, and how many are.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    /// <returns>The row's text.</returns>
    internal static string Cache(Func<string, string?> variable)
    {
        try
        {
            string? folder = CacheFolder.Choose(variable);
            int kernels = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.kernel", new EnumerationOptions()).Count() : 0;
            return CacheFolder.WhyNotKept(folder) is { } reason ? $"compiled kernels are not kept: {reason}" : $"{folder}, {kernels} compiled {(kernels == 1 ? "kernel" : "kernels")}";
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    private static string Describe(int ordinal)
    {
        try
        {
            CudaDeviceInfo device = CudaDeviceInfo.Read(ordinal);
            string gib = (device.Bytes / (double)(1L << 30)).ToString("F1", CultureInfo.InvariantCulture);
            return $"{device.Name}, compute capability {device.Capability}, {gib} GiB, {device.Multiprocessors} multiprocessors";
        }
        catch (CudaException error)
        {
            return error.Message;
        }
    }
}
