using System.Runtime.InteropServices;

namespace LlavaCuda.Trainer.Data;

/// <summary>Lets a thread run only when no other wants to. .NET's thread priorities do nothing on Linux, where a thread has a niceness of its own.</summary>
internal static partial class ThreadNiceness
{
    private const int OfProcess = 0;
    private const int ThisThread = 0;
    private const int Lowest = 19;

    /// <summary>Lowers the calling thread; does nothing where that is not possible.</summary>
    internal static void Lower()
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                _ = SetPriority(OfProcess, ThisThread, Lowest);
            }
            catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
            {
                // It then takes its turn like the others.
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetPriority(int which, int who, int niceness);
}
