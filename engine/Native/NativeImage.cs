using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>A loaded library and the version that it tells of itself.</summary>
/// <param name="Handle">The loaded library.</param>
/// <param name="Version">Its version; the driver's is that of the newest CUDA that it supports.</param>
internal readonly record struct NativeImage(nint Handle, Version Version)
{
    /// <summary>Loads a library and asks for its version.</summary>
    /// <param name="component">What it should be.</param>
    /// <param name="path">Its path, or its name in the system's library path.</param>
    /// <returns>The library.</returns>
    internal static NativeImage Open(NativeComponent component, string path)
    {
        nint handle = NativeLibrary.Load(path);
        try
        {
            return new NativeImage(handle, ReadVersion(component, handle));
        }
        catch (Exception error) when (IsFailure(error))
        {
            NativeLibrary.Free(handle);
            throw;
        }
    }

    /// <summary>Tells whether an exception is a library's that is not there or not what it should be.</summary>
    /// <param name="error">The exception.</param>
    /// <returns>Whether it is.</returns>
    internal static bool IsFailure(Exception error) => error is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or NotSupportedException;

    /// <summary>Puts the reason of a failure into a few words. The loader's message lists what it tried, a line each, every line ending in a reason; one that is not absence says more.</summary>
    /// <param name="error">The exception.</param>
    /// <param name="path">What was loaded.</param>
    /// <returns>The words, or null when nothing is there.</returns>
    internal static string? Reason(Exception error, string path)
    {
        if (error is EntryPointNotFoundException or NotSupportedException)
        {
            return error.Message;
        }

        // On Linux "x: cannot open ...: No such file" is absence when x is what was asked for; otherwise x is a library that this one needs.
        const string NoFile = "No such file or directory";
        string[] lines = error.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string? telling = lines.Where(static l => l.Contains(": ", StringComparison.Ordinal) && !l.StartsWith("Unable to load shared", StringComparison.Ordinal))
            .FirstOrDefault(l => !l.EndsWith(NoFile, StringComparison.Ordinal) || !l.StartsWith($"{path}: ", StringComparison.Ordinal));
        if (telling is null || (!File.Exists(path) && telling.Contains("(0x8007007E)", StringComparison.Ordinal)))
        {
            return null;
        }

        return telling.StartsWith(path, StringComparison.Ordinal) || telling.StartsWith("Unable to load", StringComparison.Ordinal)
            ? telling[(telling.IndexOf(": ", StringComparison.Ordinal) + 2)..]
            : telling;
    }

    // Through the library itself: the engine's imports would ask for the finding that is being made.
    private static unsafe Version ReadVersion(NativeComponent component, nint library)
    {
        switch (component)
        {
            case NativeComponent.Driver:
                int number = 0;
                CudaResult result = ((delegate* unmanaged<int*, CudaResult>)NativeLibrary.GetExport(library, "cuDriverGetVersion"))(&number);
                return result == CudaResult.StubLibrary
                    ? throw new NotSupportedException("the stub that programs are linked with, not the driver")
                    : new Version(number / 1000, number % 1000 / 10);
            case NativeComponent.Nvrtc:
                int major = 0;
                int minor = 0;
                _ = ((delegate* unmanaged<int*, int*, NvrtcResult>)NativeLibrary.GetExport(library, "nvrtcVersion"))(&major, &minor);
                return new Version(major, minor);
            default:
                int version = (int)((delegate* unmanaged<nuint>)NativeLibrary.GetExport(library, "cublasLtGetVersion"))();
                return new Version(version / 10000, version % 10000 / 100, version % 100);
        }
    }
}
