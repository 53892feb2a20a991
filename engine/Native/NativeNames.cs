namespace LlavaCuda.Native;

/// <summary>What CUDA's libraries are called.</summary>
internal static class NativeNames
{
    /// <summary>Gives the file names of a library, the newest first.</summary>
    /// <param name="component">The library.</param>
    /// <param name="windows">Whether the Windows names are wanted.</param>
    /// <returns>Each name with the major version of CUDA that it belongs to; the driver's name is the same for all, and has 0.</returns>
    internal static IReadOnlyList<(string File, int Major)> Of(NativeComponent component, bool windows) => (component, windows) switch
    {
        (NativeComponent.Driver, false) => [("libcuda.so.1", 0)],
        (NativeComponent.Driver, true) => [("nvcuda.dll", 0)],
        (NativeComponent.Nvrtc, false) => [("libnvrtc.so.13", 13), ("libnvrtc.so.12", 12)],
        (NativeComponent.Nvrtc, true) => [("nvrtc64_130_0.dll", 13), ("nvrtc64_120_0.dll", 12)],
        (_, false) => [("libcublasLt.so.13", 13), ("libcublasLt.so.12", 12)],
        (_, true) => [("cublasLt64_13.dll", 13), ("cublasLt64_12.dll", 12)],
    };

    /// <summary>Gives the name of the library that NVRTC loads by itself, of exactly its own version.</summary>
    /// <param name="version">NVRTC's version.</param>
    /// <param name="windows">Whether the Windows name is wanted.</param>
    /// <returns>The file name.</returns>
    internal static string NvrtcBuiltins(Version version, bool windows) =>
        windows ? $"nvrtc-builtins64_{version.Major}{version.Minor}.dll" : $"libnvrtc-builtins.so.{version.Major}.{version.Minor}";

    /// <summary>Gives a library's name for people.</summary>
    /// <param name="component">The library.</param>
    /// <returns>The name.</returns>
    internal static string Title(NativeComponent component) => component switch
    {
        NativeComponent.Driver => "The NVIDIA driver",
        NativeComponent.Nvrtc => "NVRTC",
        _ => "cuBLASLt",
    };
}
