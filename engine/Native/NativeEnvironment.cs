namespace LlavaCuda.Native;

/// <summary>The machine as the search for CUDA's libraries sees it; tests give another one.</summary>
/// <param name="Variable">Reads an environment variable.</param>
/// <param name="Root">The folder where absolute paths begin.</param>
/// <param name="IsWindows">Whether libraries have their Windows names and folders.</param>
/// <param name="Open">Loads a library by path or name, or throws what <see cref="NativeImage.IsFailure"/> knows.</param>
internal sealed record NativeEnvironment(Func<string, string?> Variable, string Root, bool IsWindows, Func<NativeComponent, string, NativeImage> Open)
{
    /// <summary>Gets this machine.</summary>
    internal static NativeEnvironment Machine { get; } = new(Environment.GetEnvironmentVariable, "/", OperatingSystem.IsWindows(), NativeImage.Open);
}
