namespace LlavaCuda.Formats;

/// <summary>
/// Opens files whose size is known. A pipe, a device or a socket has none: opening one could wait for ever and reading one could never end,
/// so that they are refused before they are opened,
/// as is a file that is larger than its kind can be.
/// </summary>
internal static class RegularFile
{
    /// <summary>Reads a file whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">The most bytes that a file of its kind has.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is empty, larger than <paramref name="longest"/>, a folder, or not a regular
    /// file.</exception>
    internal static byte[] ReadAllBytes(string path, long longest = int.MaxValue - 1024)
    {
        using FileStream stream = OpenRead(path, longest);
        byte[] bytes = new byte[Math.Min(stream.Length, longest)];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">The most bytes that a file of its kind has.</param>
    /// <param name="options">How it is read.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is empty, larger than <paramref name="longest"/>, a folder, or not a regular
    /// file.</exception>
    internal static FileStream OpenRead(string path, long longest = long.MaxValue, FileOptions options = FileOptions.SequentialScan)
    {
        long length = Length(path);
        return length <= longest
            ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, options)
            : throw new InvalidDataException($"{path} has {length} bytes; expected at most {longest}.");
    }

    /// <summary>Gets the size of a file that is not opened; 0 bytes, which is also the size of pipes and devices, are an error.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is empty, a folder, or not a regular file.</exception>
    internal static long Length(string path)
    {
        FileInfo file = Resolve(path);
        return Directory.Exists(path) ? throw new InvalidDataException($"{path} is a folder; expected a file.")
            : !file.Exists && !File.Exists(path) ? throw new FileNotFoundException($"{path}: there is no such file.", path)
            : file is { Exists: true, Length: > 0 } ? file.Length
            : throw new InvalidDataException($"{path} is empty or not a regular file.");
    }

    /// <summary>Whether a path leads to a regular file that is not empty.</summary>
    internal static bool HasBytes(string path) => Resolve(path) is { Exists: true, Length: > 0 };

    // The size of a link is that of its own text: the file that it leads to counts.
    private static FileInfo Resolve(string path)
    {
        FileInfo file = new(path);
        return file.LinkTarget is null ? file : File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? file;
    }
}
