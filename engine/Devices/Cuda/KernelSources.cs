using System.Reflection;
using System.Text;

namespace LlavaCuda.Devices;

/// <summary>The files of <c>kernels/</c>, which the assembly carries.</summary>
internal static class KernelSources
{
    private const string Folder = "kernels/";

    /// <summary>Gets the headers by name, in a fixed order.</summary>
    internal static IReadOnlyList<(string Name, string Text)> Headers { get; } =
        [.. Names.Where(static n => n.EndsWith(".cuh", StringComparison.Ordinal)).Select(static n => (n, Read(n)))];

    /// <summary>Gets the stems of all kernel files.</summary>
    internal static IReadOnlyList<string> Stems { get; } =
        [.. Names.Where(static n => n.EndsWith(".cu", StringComparison.Ordinal)).Select(static n => n[..^3])];

    private static IEnumerable<string> Names =>
        Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(static n => n.StartsWith(Folder, StringComparison.Ordinal)).Select(static n => n[Folder.Length..]).Order(StringComparer.Ordinal);

    /// <summary>Reads a kernel file.</summary>
    /// <param name="stem">Its name without <c>.cu</c>.</param>
    /// <returns>The source.</returns>
    internal static string OfStem(string stem) => Read(stem + ".cu");

    private static string Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + name)
            ?? throw new ArgumentException($"There is no kernel file {name}.");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
