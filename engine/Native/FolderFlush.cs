using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>Puts the entries of a folder on the disk: without it a rename that has been seen may be gone after a power cut.</summary>
internal static partial class FolderFlush
{
    private const int ReadOnly = 0;

    /// <summary>
    /// Flushes a folder's entries, not the contents of its files. Where the system cannot, as on Windows, whose file systems keep a
    /// journal, nothing happens.
    /// </summary>
    internal static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Open(folder, ReadOnly);
        if (descriptor >= 0)
        {
            _ = Sync(descriptor);
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
