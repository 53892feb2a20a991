using System.Text;

namespace LlavaCuda.Tests.Checkpoints;

/// <summary>A folder for one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Root { get; } = Directory.CreateTempSubdirectory("llavacuda-").FullName;

    internal string At(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    internal string Write(string name, byte[] contents)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllBytes(At(name), contents);
        return At(name);
    }

    internal string Write(string name, string contents) => Write(name, Encoding.UTF8.GetBytes(contents));

    /// <summary>Copies the files of a folder, not its subfolders.</summary>
    internal string CopyOf(string folder, string name)
    {
        Directory.CreateDirectory(At(name));
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            File.Copy(file, At(name, Path.GetFileName(file)));
        }

        return At(name);
    }

    internal void Replace(string file, string old, string by)
    {
        string text = File.ReadAllText(At(file));
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(At(file), text.Replace(old, by, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
