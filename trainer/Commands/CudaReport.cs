using System.Globalization;
using LlavaCuda.Native;

namespace LlavaCuda.Trainer.Commands;

/// <summary>What <c>llava doctor</c> tells of CUDA: libraries, devices, and why it cannot be used.</summary>
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
        foreach ((NativeComponent component, string name) in Components)
        {
            NativeFinding finding = NativeLoader.Find(component);
            row(name, finding.IsFound ? $"{(component == NativeComponent.Driver ? "CUDA " : string.Empty)}{finding.Version}, {finding.File()}" : "not found; tried");
            foreach (NativeAttempt attempt in finding.IsFound ? [] : finding.Tried)
            {
                row(string.Empty, $"  {attempt.Path}: {attempt.Reason}");
            }
        }

        for (int ordinal = 0; ordinal < CudaAvailability.DeviceCount; ordinal++)
        {
            row($"gpu {ordinal}", Describe(ordinal));
        }

        row("cuda", unusable ?? "can be used: --device cuda");
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
