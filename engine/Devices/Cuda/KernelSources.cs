using System.Reflection;
using System.Text;

namespace LlavaCuda.Devices;

/// <summary>
/// The files of <c>kernels/</c>, which the assembly carries. With <c>LLAVACUDA_KERNELS</c> they are read from that folder instead, so that a changed kernel runs without building anything.
/// </summary>
internal static class KernelSources
{
    private const string Prefix = "kernels/";
    private static readonly string? Folder = Environment.GetEnvironmentVariable("LLAVACUDA_KERNELS") is { Length: > 0 } folder ? folder : null;

    /// <summary>Gets the headers by name, in a fixed order.</summary>
    internal static IReadOnlyList<(string Name, string Text)> Headers { get; } =
        [.. Names.Where(static n => n.EndsWith(".cuh", StringComparison.Ordinal)).Select(static n => (n, Read(n)))];

    /// <summary>Gets the stems of all kernel files.</summary>
    internal static IReadOnlyList<string> Stems { get; } =
        [.. Names.Where(static n => n.EndsWith(".cu", StringComparison.Ordinal)).Select(static n => n[..^3])];

    private static IEnumerable<string> Names => (Folder is null ? Carried : Directory.EnumerateFiles(Folder).Select(static f => Path.GetFileName(f))).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Carried =>
        Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(static n => n.StartsWith(Prefix, StringComparison.Ordinal)).Select(static n => n[Prefix.Length..]);

    /// <summary>Reads a kernel file.</summary>
    /// <param name="stem">Its name without <c>.cu</c>.</param>
    /// <returns>The source.</returns>
    internal static string OfStem(string stem) => Read(stem + ".cu");

    private static string Read(string name)
    {
        if (Folder is not null)
        {
            return File.ReadAllText(Path.Combine(Folder, name));
        }

        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + name)
            ?? throw new ArgumentException($"There is no kernel file {name}.");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
