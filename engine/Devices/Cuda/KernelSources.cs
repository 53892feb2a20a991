using System.Reflection;
using System.Text;

namespace LlavaCuda.Devices;

/// <summary>
/// The files of <c>kernels/</c>, which the assembly carries. With <c>LLAVACUDA_KERNELS</c> they are read from that folder instead, so that a changed kernel runs without building anything.
/// </summary>
internal static class KernelSources
{
    private const string Variable = "LLAVACUDA_KERNELS";
    private const string Prefix = "kernels/";
    private static readonly Lazy<string?> Folder = new(Choose);

    private static readonly Lazy<IReadOnlyList<(string Name, string Text)>> AllHeaders =
        new(static () => [.. Names().Where(static n => n.EndsWith(".cuh", StringComparison.Ordinal)).Select(static n => (n, Read(n)))]);

    /// <summary>Gets the headers by name, in a fixed order.</summary>
    /// <exception cref="IOException">The variable names no folder of kernels.</exception>
    internal static IReadOnlyList<(string Name, string Text)> Headers => AllHeaders.Value;

    /// <summary>Gets the stems of all kernel files.</summary>
    /// <exception cref="IOException">The variable names no folder of kernels.</exception>
    internal static IReadOnlyList<string> Stems => [.. Names().Where(static n => n.EndsWith(".cu", StringComparison.Ordinal)).Select(static n => n[..^3])];

    private static IEnumerable<string> Carried =>
        Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(static n => n.StartsWith(Prefix, StringComparison.Ordinal)).Select(static n => n[Prefix.Length..]);

    /// <summary>Reads a kernel file.</summary>
    /// <param name="stem">Its name without <c>.cu</c>.</param>
    /// <returns>The source.</returns>
    /// <exception cref="IOException">The variable names no folder of kernels, or one without this.</exception>
    internal static string OfStem(string stem) => Read(stem + ".cu");

    private static IEnumerable<string> Names() =>
        (Folder.Value is { } folder ? Directory.EnumerateFiles(folder).Select(static f => Path.GetFileName(f)) : Carried).Order(StringComparer.Ordinal);

    private static string? Choose()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } folder)
        {
            return null;
        }

        return WhatIsWrong(folder) is { } wrong ? throw new IOException($"{Variable} names {folder}, which {wrong}; expected a folder of kernels.") : folder;
    }

    private static string? WhatIsWrong(string folder)
    {
        try
        {
            return File.Exists(folder) ? "is a file" : !Directory.Exists(folder) ? "is missing" : !Directory.EnumerateFiles(folder, "*.cu").Any() ? "has no .cu files" : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read ({error.Message.TrimEnd('.')})";
        }
    }

    private static string Read(string name)
    {
        if (Folder.Value is { } folder)
        {
            string file = Path.Combine(folder, name);
            return File.Exists(file) ? File.ReadAllText(file) : throw new FileNotFoundException($"{Variable} names {folder}, which has no {name}.");
        }

        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + name)
            ?? throw new ArgumentException($"There is no kernel file {name}.");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
