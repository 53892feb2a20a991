using System.Reflection;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>The base models that the program carries in itself, as <see cref="BaseModels"/> made them with seed 0.</summary>
internal static class ShippedBase
{
    private const string Prefix = "base/";

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
}
