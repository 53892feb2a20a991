using LlavaCuda.Native;

namespace LlavaCuda.Checkpoints;

/// <summary>Files that appear whole or not at all: written next to their place, flushed to the disk, then renamed.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file. When anything fails, an older file of this name stays as it was.</summary>
    /// <param name="path">The final path.</param>
    /// <param name="write">Writes the contents.</param>
    public static void Write(string path, Action<Stream> write) => Write(path, write, File.Create);

    internal static void Write(string path, Action<Stream> write, Func<string, Stream> create)
    {
        string beside = path + ".tmp";
        try
        {
            WriteThrough(beside, write, create);
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }

        FolderFlush.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    internal static void WriteThrough(string path, Action<Stream> write, Func<string, Stream> create)
    {
        using Stream stream = create(path);
        write(stream);
        if (stream is FileStream file)
        {
            file.Flush(flushToDisk: true);
        }
    }
}
