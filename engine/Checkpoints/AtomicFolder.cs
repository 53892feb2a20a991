namespace LlavaCuda.Checkpoints;

/// <summary>
/// Folders that change whole or not at all: everything is written into a sibling folder, which then takes the name. When writing fails, the older folder stays as it was.
/// What else lies in the older folder is carried over, except files of a model, which would contradict the new ones.
/// </summary>
public sealed class AtomicFolder
{
    private static readonly string[] ModelFiles =
    [
        "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json", "chat_template.json", "chat_template.jinja",
        "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    ];

    private static readonly string[] WeightStems = ["model", "pytorch_model", "mm_projector"];

    private readonly string _beside;
    private readonly Func<string, Stream> _create;

    private AtomicFolder(string beside, Func<string, Stream> create)
    {
        _beside = beside;
        _create = create;
    }

    /// <summary>Writes a folder.</summary>
    /// <param name="folder">The final path; parents are made.</param>
    /// <param name="write">Writes the files through the argument.</param>
    /// <exception cref="IOException">Writing failed; or the older folder could not be replaced, and the message names the folder beside it that holds the complete result.</exception>
    public static void Write(string folder, Action<AtomicFolder> write) => Write(folder, write, File.Create);

    /// <summary>Writes a file of the folder.</summary>
    /// <param name="name">Its name, without a path.</param>
    /// <param name="write">Writes the contents.</param>
    public void WriteFile(string name, Action<Stream> write) => AtomicFile.WriteThrough(Path.Combine(_beside, name), write, _create);

    /// <summary>Copies a file into the folder under its own name.</summary>
    /// <param name="path">The file.</param>
    public void CopyFile(string path)
    {
        using FileStream from = File.OpenRead(path);
        WriteFile(Path.GetFileName(path), from.CopyTo);
    }

    /// <summary>Lets other code write files by itself.</summary>
    /// <param name="write">Receives the path of the folder as long as it is being written.</param>
    public void WriteFiles(Action<string> write) => write(_beside);

    /// <summary>Completes or undoes a change of a folder that was interrupted in between; does nothing where there was none.</summary>
    /// <param name="folder">The final path.</param>
    public static void Recover(string folder)
    {
        (string target, _, string before) = PathsOf(folder);
        FinishInterrupted(target, before);
    }

    internal static void Write(string folder, Action<AtomicFolder> write, Func<string, Stream> create)
    {
        (string target, string beside, string before) = PathsOf(folder);
        if (File.Exists(target))
        {
            throw new IOException($"{target} is a file; expected a folder or nothing.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        FinishInterrupted(target, before);
        DeleteFolder(beside);
        Directory.CreateDirectory(beside);
        try
        {
            write(new AtomicFolder(beside, create));
        }
        catch
        {
            DeleteFolder(beside);
            throw;
        }

        try
        {
            Swap(target, beside, before);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException && Directory.Exists(beside))
        {
            throw new IOException($"{target} could not be replaced, but {beside} holds the complete result: {error.Message}", error);
        }
    }

    // A folder that is a mount point, or that another program holds open, cannot be renamed.
    private static void Swap(string target, string beside, string before)
    {
        if (Directory.Exists(target))
        {
            Directory.Move(target, before);
        }

        try
        {
            Directory.Move(beside, target);
        }
        finally
        {
            FinishInterrupted(target, before);
        }
    }

    private static (string Target, string Beside, string Before) PathsOf(string folder)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (new DirectoryInfo(target).LinkTarget is not null)
        {
            // The folder that a link leads to is replaced; the link stays one.
            target = Path.TrimEndingDirectorySeparator(Directory.ResolveLinkTarget(target, returnFinalTarget: true)!.FullName);
        }

        string name = Path.GetFileName(target);
        string parent = Path.GetDirectoryName(target) ?? throw new IOException($"{target} cannot be replaced as a whole; expected a folder inside another.");
        return (target, Path.Combine(parent, $".{name}.writing"), Path.Combine(parent, $".{name}.replaced"));
    }

    // A swap that stopped between its renames is completed, or undone where the new folder never got the name.
    private static void FinishInterrupted(string target, string before)
    {
        if (!Directory.Exists(before))
        {
            return;
        }

        if (!Directory.Exists(target))
        {
            Directory.Move(before, target);
            return;
        }

        foreach (string path in Directory.EnumerateFileSystemEntries(before).ToList())
        {
            string kept = Path.Combine(target, Path.GetFileName(path));
            if (Path.Exists(kept) || IsOfModel(Path.GetFileName(path)))
            {
                continue;
            }

            if (Directory.Exists(path))
            {
                Directory.Move(path, kept);
            }
            else
            {
                File.Move(path, kept);
            }
        }

        DeleteFolder(before);
    }

    private static bool IsOfModel(string name) =>
        ModelFiles.Contains(name) || (WeightStems.Any(stem => name.StartsWith(stem, StringComparison.Ordinal))
            && (name.EndsWith(".safetensors", StringComparison.Ordinal) || name.EndsWith(".bin", StringComparison.Ordinal) || name.EndsWith(".index.json", StringComparison.Ordinal)));

    private static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
