namespace LlavaCuda.Trainer.Commands;

/// <summary>Files that commands write.</summary>
internal static class FileOption
{
    /// <summary>Tries whether a file can be written, so that what is wrong with it is known before the work and not after it. Files that are there stay as they are.</summary>
    /// <param name="option">The option's name.</param>
    /// <param name="file">Its value.</param>
    /// <exception cref="IOException">It cannot; the message says why in one line.</exception>
    internal static void Require(string option, string file)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file)) ?? string.Empty;
        if (Directory.Exists(file))
        {
            throw new IOException($"{option} {file} is a folder; expected a file.");
        }

        if (!Directory.Exists(folder))
        {
            throw new IOException($"{option} {file}: there is no folder {folder}.");
        }

        try
        {
            // Beside it, where it is written before it is renamed; under a name that nobody else has, so that nothing that is there goes.
            new FileStream($"{file}.{Guid.NewGuid():N}.tmp", FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option} {file} cannot be written: {error.Message}", error);
        }
    }
}
