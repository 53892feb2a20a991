using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>Looks for one library in one place after the other.</summary>
internal static unsafe class NativeSearch
{
    /// <summary>The variable with folders to look in first.</summary>
    internal const string PathVariable = "LLAVACUDA_CUDA_PATH";

    /// <summary>Looks for a library and loads it.</summary>
    /// <param name="component">Which.</param>
    /// <param name="newestMajor">The newest major version of CUDA that may be taken.</param>
    /// <returns>What came of it.</returns>
    internal static NativeFinding Find(NativeComponent component, int newestMajor)
    {
        List<string> tried = [];
        string[] folders = (Environment.GetEnvironmentVariable(PathVariable) ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        foreach (string folder in (string[])[.. folders, string.Empty])
        {
            foreach ((string name, int major) in Names(component))
            {
                string path = Path.Combine(folder, name);
                if (major <= newestMajor && NativeLibrary.TryLoad(path, out nint handle))
                {
                    return new NativeFinding(component, handle, path, ReadVersion(component, handle), tried, null);
                }

                tried.Add(path);
            }
        }

        string reason = $"{component} was not found: looked in {string.Join(", ", tried)}; set {PathVariable} to its folder.";
        return new NativeFinding(component, 0, null, new Version(), tried, reason);
    }

    private static (string Name, int Major)[] Names(NativeComponent component) => (component, OperatingSystem.IsWindows()) switch
    {
        (NativeComponent.Driver, false) => [("libcuda.so.1", 0)],
        (NativeComponent.Driver, true) => [("nvcuda.dll", 0)],
        (NativeComponent.Nvrtc, false) => [("libnvrtc.so.13", 13), ("libnvrtc.so.12", 12)],
        (NativeComponent.Nvrtc, true) => [("nvrtc64_130_0.dll", 13), ("nvrtc64_120_0.dll", 12)],
        (_, false) => [("libcublasLt.so.13", 13), ("libcublasLt.so.12", 12)],
        (_, true) => [("cublasLt64_13.dll", 13), ("cublasLt64_12.dll", 12)],
    };

    // Through the library itself: the imports would ask for the finding that is being made.
    private static Version ReadVersion(NativeComponent component, nint library)
    {
        int major = 0;
        int minor = 0;
        switch (component)
        {
            case NativeComponent.Driver when NativeLibrary.TryGetExport(library, "cuDriverGetVersion", out nint function):
                int version = 0;
                _ = ((delegate* unmanaged<int*, int>)function)(&version);
                return new Version(version / 1000, version % 1000 / 10);
            case NativeComponent.Nvrtc when NativeLibrary.TryGetExport(library, "nvrtcVersion", out nint function):
                _ = ((delegate* unmanaged<int*, int*, int>)function)(&major, &minor);
                return new Version(major, minor);
            case NativeComponent.CublasLt when NativeLibrary.TryGetExport(library, "cublasLtGetVersion", out nint function):
                int number = (int)((delegate* unmanaged<nuint>)function)();
                return new Version(number / 10000, number % 10000 / 100, number % 100);
            default:
                return new Version();
        }
    }
}
