namespace LlavaCuda.Tests;

/// <summary>
/// Where the outputs of other people's code lie: in <c>LLAVA_REFERENCE</c>, else in the copy beside the tests. For the tests of whole
/// models that may also be a folder of such folders.
/// </summary>
internal static class ReferenceFiles
{
    internal static string Root { get; } = Environment.GetEnvironmentVariable("LLAVA_REFERENCE") is { Length: > 0 } folder
        ? Resolve(folder)
        : Path.Combine(AppContext.BaseDirectory, "reference");

    /// <summary>Gets every folder below that holds a model with outputs to agree with, relative to <see cref="Root"/>.</summary>
    internal static IEnumerable<string> Models { get; } =
    [
        .. Directory.EnumerateFiles(Root, "reference.safetensors", SearchOption.AllDirectories)
            .Select(static f => Path.GetRelativePath(Root, Path.GetDirectoryName(f)!)).Order(StringComparer.Ordinal),
    ];

    /// <summary>The copy beside the tests, for tests that need some model folder and not agreement with others.</summary>
    internal static string Shipped(params ReadOnlySpan<string> parts) => Path.Combine([AppContext.BaseDirectory, "reference", .. parts]);

    internal static string At(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    // The runner starts the tests in a folder of its own: a relative name is meant from where the user is, which the shell tells, or from
    // a folder above, such as the repository.
    private static string Resolve(string folder)
    {
        List<string> starts = [Environment.GetEnvironmentVariable("PWD") is { Length: > 0 } user ? user : Environment.CurrentDirectory];
        for (DirectoryInfo? above = new(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            starts.Add(above.FullName);
        }

        return starts.Select(start => Path.GetFullPath(folder, start)).FirstOrDefault(Directory.Exists)
            ?? throw new DirectoryNotFoundException($"LLAVA_REFERENCE is '{folder}', which is no folder as seen from {starts[0]}.");
    }
}
