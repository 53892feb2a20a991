namespace LlavaCuda.Trainer.Training;

/// <summary>
/// Keeps other runs out of a folder until it is disposed or the process ends. The locked file lies inside the folder, so that every
/// spelling of the folder's path, through links or other
/// mounts, meets the same lock.
/// </summary>
internal sealed class OutputLock : IDisposable
{
    private const string FileName = ".lock";
    private const int WouldBlock = 11, WouldBlockOnMac = 35, SharingViolation = unchecked((int)0x80070020);
    private readonly FileStream _file;
    private readonly List<string> _made;

    private OutputLock(FileStream file, List<string> made)
    {
        _file = file;
        _made = made;
    }

    /// <summary>Makes the folder where it is missing, and locks it.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The lock.</returns>
    /// <exception cref="IOException">Another run holds it, or the folder cannot be created or written.</exception>
    internal static OutputLock Take(string folder)
    {
        List<string> made = Make(folder);
        string file = Path.Combine(folder, FileName);
        try
        {
            FileStream held = new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            return new OutputLock(held, made);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw error.HResult is WouldBlock or WouldBlockOnMac or SharingViolation
                ? new IOException($"{folder} is in use by another run, which holds {file}.", error)
                : new IOException($"{folder} cannot be written: {error.Message}", error);
        }
    }

    /// <summary>Makes a folder and its parents.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The folders that were made, innermost first.</returns>
    /// <exception cref="IOException">It cannot be created.</exception>
    internal static List<string> Make(string folder)
    {
        if (File.Exists(folder))
        {
            throw new IOException($"{folder} is a file; expected a folder or nothing.");
        }

        try
        {
            List<string> made = [];
            string? missing = Path.GetFullPath(folder);
            while (missing is not null && !Path.Exists(missing))
            {
                made.Add(missing);
                missing = Path.GetDirectoryName(missing);
            }

            Directory.CreateDirectory(folder);
            return made;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{folder} cannot be created: {error.Message}", error);
        }
    }

    /// <summary>Lets others in. Folders that were made and are still empty go again.</summary>
    public void Dispose()
    {
        _file.Dispose();
        try
        {
            _made.ForEach(Directory.Delete);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Something lies in it: the run has written its result.
        }
    }
}
