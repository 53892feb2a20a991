using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace LlavaCuda.Native;

/// <summary>What came of looking for a library.</summary>
/// <param name="Component">What was looked for.</param>
/// <param name="Handle">The loaded library, or 0.</param>
/// <param name="Path">The path or name under which it loaded, or null.</param>
/// <param name="Version">Its version; the driver's is that of the newest CUDA that it supports.</param>
/// <param name="Tried">Everything that was tried and failed.</param>
/// <param name="Reason">Why it was not found, in one line, or null.</param>
internal sealed record NativeFinding(NativeComponent Component, nint Handle, string? Path, Version Version, IReadOnlyList<NativeAttempt> Tried, string? Reason)
{
    /// <summary>Gets a value indicating whether it is loaded.</summary>
    [MemberNotNullWhen(true, nameof(Path))]
    [MemberNotNullWhen(false, nameof(Reason))]
    internal bool IsFound => Handle != 0;

    /// <summary>Gets the file names that were looked for.</summary>
    internal required IReadOnlyList<string> Files { get; init; }

    /// <summary>Gets the places that were looked in, in order; the last is the one where it was found.</summary>
    internal required IReadOnlyList<string> Places { get; init; }

    /// <summary>Gets what was there and was not of use.</summary>
    internal IEnumerable<NativeAttempt> PassedOver => Tried.Where(static attempt => !attempt.IsAbsent);

    /// <summary>Gives the file that was loaded, also where the system found it by its name.</summary>
    /// <returns>The path, or just the name when the system does not tell; null when nothing was found.</returns>
    internal string? File()
    {
        if (Path is null || System.IO.Path.IsPathRooted(Path))
        {
            return Path;
        }

        // The name is a link to a file with a longer one: libcuda.so.1 to libcuda.so.550.54.15.
        string stem = Path[..(Path.LastIndexOf(".so", StringComparison.Ordinal) is int end and > 0 ? end + 3 : Path.Length)];
        using Process process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>()
            .Select(static module => module.FileName)
            .FirstOrDefault(file => System.IO.Path.GetFileName(file).StartsWith(stem, StringComparison.OrdinalIgnoreCase)) ?? Path;
    }
}
