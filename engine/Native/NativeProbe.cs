using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>What came of looking for a native library.</summary>
/// <param name="Purpose">What it is for.</param>
/// <param name="Found">The name under which it loaded, or null.</param>
/// <param name="Tried">Every name that was tried and, where it failed, why.</param>
public sealed record LibraryFinding(string Purpose, string? Found, IReadOnlyList<string> Tried);

/// <summary>Looks for the native libraries that the engine can use, without using them.</summary>
public static class NativeProbe
{
    private static readonly (string Purpose, string[] Linux, string[] Windows)[] Libraries =
    [
        ("pictures (SkiaSharp)", ["libSkiaSharp"], ["libSkiaSharp"]),
        ("NVIDIA driver", ["libcuda.so.1"], ["nvcuda.dll"]),
        ("NVRTC, the CUDA compiler", ["libnvrtc.so.13", "libnvrtc.so.12"], ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"]),
        ("cuBLASLt, CUDA matrix products", ["libcublasLt.so.13", "libcublasLt.so.12"], ["cublasLt64_13.dll", "cublasLt64_12.dll"]),
    ];

    /// <summary>Tries every library under every name it may have here.</summary>
    /// <returns>One finding a library.</returns>
    public static IReadOnlyList<LibraryFinding> FindAll() =>
        [.. Libraries.Select(static l => Find(l.Purpose, OperatingSystem.IsWindows() ? l.Windows : l.Linux))];

    private static LibraryFinding Find(string purpose, string[] names)
    {
        List<string> tried = [];
        foreach (string name in names)
        {
            try
            {
                nint handle = NativeLibrary.Load(name, typeof(NativeProbe).Assembly, searchPath: null);
                NativeLibrary.Free(handle);
                return new LibraryFinding(purpose, name, tried);
            }
            catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
            {
                tried.Add($"{name}: {Reason(error.Message)}");
            }
        }

        return new LibraryFinding(purpose, null, tried);
    }

    // The loader's message lists every path it tried, a line each, ending in the reason; a reason other than absence says more.
    private static string Reason(string message)
    {
        const string Absent = "No such file or directory";
        IEnumerable<string> reasons = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(static line => line.Contains(": ", StringComparison.Ordinal) && !line.StartsWith("Unable to load", StringComparison.Ordinal))
            .Select(static line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
        string? telling = reasons.FirstOrDefault(static reason => !reason.Contains(Absent, StringComparison.Ordinal));
        return telling ?? "not found on this machine";
    }
}
