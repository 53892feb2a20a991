using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using LlavaCuda.Formats;
using LlavaCuda.Native;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// Folders that change whole or not at all. A new folder is written next to its place and renamed. In a folder that is there, the files are
/// written into a subfolder, flushed, and then
/// exchanged for the older ones: the folder itself stays, so that it may be a mount point, a link, or somebody's current folder. An
/// exchange that was interrupted is completed by
/// <see cref="Recover"/> or the next <see cref="Write(string, Action{AtomicFolder})"/>; until then the folder has no <c>config.json</c>, so
/// that nobody loads half of it. What else
/// lies in the folder stays, except files of a model, which would contradict the new ones.
/// </summary>
public sealed partial class AtomicFolder
{
    private const string Unfinished = ".llava-writing", Complete = ".llava-complete", Moving = ".llava-moving", Last = "config.json";
    private const int LongestName = 200;

    private static readonly string[] ModelFiles =
    [
        "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json", "chat_template.json",
        "chat_template.jinja", "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json", ModelManifest.FileName, "training.json",
    ];

    private readonly string _beside;
    private readonly Func<string, Stream> _create;

    private AtomicFolder(string beside, Func<string, Stream> create, bool isTrial)
    {
        _beside = beside;
        _create = create;
        IsTrial = isTrial;
    }

    /// <summary>Gets a value indicating whether nothing is kept: large contents may be left out, see <see cref="Try"/>.</summary>
    internal bool IsTrial { get; }

    /// <summary>Writes a folder.</summary>
    /// <param name="folder">The final path; parents are made.</param>
    /// <param name="write">Writes the files through the argument.</param>
    /// <exception cref="IOException">
    /// Writing failed; or the older files could not be replaced, and the message names the folder that holds the complete result.
    /// </exception>
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

    /// <summary>
    /// Completes a change that was interrupted after everything was written, and deletes what one left that was interrupted before.
    /// </summary>
    /// <param name="folder">The final path. Nobody else may be writing it.</param>
    public static void Recover(string folder)
    {
        string target = RealPath.Of(folder);
        FinishInterrupted(target);
        DeleteFolder(Path.Combine(target, Unfinished));
        DeleteFolder(Sibling(target));
    }

    /// <summary>Lists the files of a folder that writing a model there would delete or replace.</summary>
    /// <param name="folder">The folder, which may be missing.</param>
    /// <returns>Their paths, in order; none while an interrupted exchange waits to be completed.</returns>
    internal static IReadOnlyList<string> ModelFilesIn(string folder) =>
        !Directory.Exists(folder) || Directory.Exists(Path.Combine(folder, Complete)) || Directory.Exists(Path.Combine(folder, Moving)) ? []
            : [.. Directory.EnumerateFiles(folder).Where(static path => IsOfModel(Path.GetFileName(path))).Order(StringComparer.Ordinal)];

    internal static void Write(string folder, Action<AtomicFolder> write, Func<string, Stream> create)
    {
        string target = Target(folder);
        if (!Directory.Exists(target))
        {
            string sibling = Sibling(target);
            Directory.CreateDirectory(Path.GetDirectoryName(sibling)!);
            Fill(sibling, write, create, isTrial: false);
            Change(target, () => Directory.Move(sibling, target));
            FolderFlush.Flush(Path.GetDirectoryName(target)!);
            return;
        }

        FinishInterrupted(target);
        string unfinished = Path.Combine(target, Unfinished);
        Fill(unfinished, write, create, isTrial: false);
        Change(target, () =>
        {
            Directory.Move(unfinished, Path.Combine(target, Complete));
            FolderFlush.Flush(target);
            FinishInterrupted(target);
        });
    }

    /// <summary>
    /// Writes the files of a folder that exists as <see cref="Write(string, Action{AtomicFolder})"/> would, and deletes them again, to find
    /// out before a long run what would fail at its end.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="write">As for writing; leaves out large contents where <see cref="IsTrial"/> says so.</param>
    /// <param name="create">What opens files.</param>
    /// <returns>The names of the files.</returns>
    /// <exception cref="IOException">Writing would fail.</exception>
    internal static IReadOnlyList<string> Try(string folder, Action<AtomicFolder> write, Func<string, Stream> create)
    {
        string target = Target(folder), unfinished = Path.Combine(target, Unfinished);
        FinishInterrupted(target);
        Fill(unfinished, write, create, isTrial: true);
        try
        {
            string[] names = [.. Directory.EnumerateFileSystemEntries(unfinished).Select(static path => Path.GetFileName(path))];
            return Array.Find(names, name => Directory.Exists(Path.Combine(target, name))) is not { } taken ? names
                : throw new IOException($"{Path.Combine(target, taken)} is a folder, but the result has a file of that name.");
        }
        finally
        {
            DeleteFolder(unfinished);
        }
    }

    private static string Target(string folder)
    {
        string target = RealPath.Of(folder);
        bool isMissingDisk = Path.GetDirectoryName(target) is null && !Directory.Exists(target);
        return File.Exists(target) ? throw new IOException($"{target} is a file; expected a folder or nothing.")
            : isMissingDisk ? throw new IOException($"{target}: there is no such disk.") : target;
    }

    private static void Fill(string folder, Action<AtomicFolder> write, Func<string, Stream> create, bool isTrial)
    {
        DeleteFolder(folder);
        Directory.CreateDirectory(folder);
        try
        {
            write(new AtomicFolder(folder, create, isTrial));
            FlushFiles(folder);
        }
        catch
        {
            DeleteFolder(folder);
            throw;
        }
    }

    private static void Change(string target, Action change)
    {
        try
        {
            change();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            string[] inside = [.. ((string[])[Unfinished, Complete, Moving]).Select(name => Path.Combine(target, name))];
            string? result = Array.Find([.. inside, Sibling(target)], Directory.Exists);
            throw new IOException($"{target} could not be replaced, but {result} holds the complete result: {error.Message}", error);
        }
    }

    // Complete: the older files go. Moving: the new ones take their places, one by one; the one without which nobody loads a model comes
    // last.
    private static void FinishInterrupted(string target)
    {
        string complete = Path.Combine(target, Complete), moving = Path.Combine(target, Moving);
        if (Directory.Exists(complete))
        {
            IEnumerable<string> older = Directory.EnumerateFiles(target).Where(static path => IsOfModel(Path.GetFileName(path)));
            foreach (string path in older.OrderByDescending(IsLast).ToList())
            {
                File.Delete(path);
            }

            Directory.Move(complete, moving);
            FolderFlush.Flush(target);
        }

        if (Directory.Exists(moving))
        {
            foreach (string path in Directory.EnumerateDirectories(moving).ToList())
            {
                DeleteFolder(Path.Combine(target, Path.GetFileName(path)));
                Directory.Move(path, Path.Combine(target, Path.GetFileName(path)));
            }

            foreach (string path in Directory.EnumerateFiles(moving).OrderBy(IsLast).ToList())
            {
                File.Move(path, Path.Combine(target, Path.GetFileName(path)), overwrite: true);
            }

            FolderFlush.Flush(target);
            Directory.Delete(moving, recursive: true);
        }
    }

    private static bool IsLast(string path) => Path.GetFileName(path) == Last;

    private static bool IsOfModel(string name) => ModelFiles.Contains(name) || WeightFileName().IsMatch(name);

    // The names that weights are loaded from, and no others: somebody's model_backup.safetensors contradicts nothing.
    [GeneratedRegex(@"^(model|pytorch_model|mm_projector)(-\d+-of-\d+)?\.(safetensors|bin)(\.index\.json)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex WeightFileName();

    // A name may be as long as the file system allows, and leaves no room for more.
    private static string Sibling(string target)
    {
        string name = Path.GetFileName(target);
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        string shortened = bytes.Length <= LongestName ? name : Convert.ToHexStringLower(SHA256.HashData(bytes));
        return Path.Combine(Path.GetDirectoryName(target) ?? target, $".{shortened}.writing");
    }

    private static void FlushFiles(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder))
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            file.Flush(flushToDisk: true);
        }

        FolderFlush.Flush(folder);
    }

    private static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
