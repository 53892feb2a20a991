namespace LlavaCuda.Formats;

/// <summary>Where a path really leads: links are followed in every part of it, so that two spellings of one place become equal.</summary>
internal static class RealPath
{
    private const int MostLinks = 40;

    /// <summary>Follows all links of a path. What does not exist yet keeps its name.</summary>
    /// <exception cref="IOException">The links go in a circle.</exception>
    internal static string Of(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), real = Path.GetPathRoot(full)!;
        Stack<string> ahead = new();
        Push(ahead, full[real.Length..]);
        for (int links = 0; ahead.TryPop(out string? part);)
        {
            if (part is "." or "..")
            {
                real = part == "." ? real : Path.GetDirectoryName(real) ?? real;
                continue;
            }

            string next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MostLinks)
            {
                throw new IOException($"{path} leads through more than {MostLinks} links.");
            }

            string root = Path.IsPathRooted(target) ? Path.GetPathRoot(target)! : string.Empty;
            real = root.Length > 0 ? Path.GetPathRoot(Path.GetFullPath(target))! : real;
            Push(ahead, target[root.Length..]);
        }

        return real;
    }

    /// <summary>Tells whether two paths lead to the same place.</summary>
    internal static bool AreSame(string one, string other) =>
        string.Equals(Of(one), Of(other), OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    private static void Push(Stack<string> ahead, string path)
    {
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        foreach (string part in path.Split(separators, StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            ahead.Push(part);
        }
    }
}
