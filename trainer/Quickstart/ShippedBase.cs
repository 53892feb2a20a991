using System.Reflection;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>The base models that the program carries in itself, as <see cref="BaseModels"/> made them with seed 0.</summary>
internal static class ShippedBase
{
    private const string Prefix = "base/";

    /// <summary>Tells whether a folder holds nothing but what <see cref="Extract"/> writes, or parts of it, or is not there.</summary>
    /// <param name="folder">The folder.</param>
    internal static bool IsIn(string folder)
    {
        Assembly assembly = typeof(ShippedBase).Assembly;
        return !Directory.Exists(folder) || Directory.EnumerateFileSystemEntries(folder).All(path =>
        {
            using Stream? source = assembly.GetManifestResourceStream(Prefix + Path.GetFileName(path));
            return source is not null && File.Exists(path) && new FileInfo(path).Length <= source.Length
                && StartsWith(source, File.ReadAllBytes(path));
        });
    }

    /// <summary>Writes the model folder.</summary>
    /// <param name="folder">Where; files of the same name are replaced.</param>
    internal static void Extract(string folder)
    {
        Assembly assembly = typeof(ShippedBase).Assembly;
        Directory.CreateDirectory(folder);
        foreach (string name in assembly.GetManifestResourceNames().Where(static n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using Stream source = assembly.GetManifestResourceStream(name)!;
            using FileStream file = File.Create(Path.Combine(folder, name[Prefix.Length..]));
            source.CopyTo(file);
        }
    }

    private static bool StartsWith(Stream source, byte[] part)
    {
        byte[] begin = new byte[part.Length];
        source.ReadExactly(begin);
        return begin.AsSpan().SequenceEqual(part);
    }
}
