using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Paths of images as data files have them. They mean the same on every system: both slashes separate, and a relative path stays inside
/// the folder of images.
/// </summary>
internal static class ImagePath
{
    private const int Longest = 4096;
    private const string FileScheme = "file://";

    /// <summary>Takes a path.</summary>
    /// <param name="text">The text of the data file.</param>
    /// <param name="path">The path with <c>/</c> between its parts: absolute, or relative to the folder of images.</param>
    /// <returns>What is wrong with it, as the end of a sentence, or null.</returns>
    internal static string? TryParse(string text, out string path)
    {
        path = text.Replace('\\', '/');
        if (text.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            return $"is {Quoted.Name(text.AsSpan(0, Math.Min(text.Length, 40)))}..., the image itself; write it to a file and give its path";
        }

        if (path.StartsWith(FileScheme, StringComparison.OrdinalIgnoreCase))
        {
            bool isFile = Uri.TryCreate(text, UriKind.Absolute, out Uri? file) && file.IsFile;
            path = isFile ? file!.LocalPath.Replace('\\', '/') : path[FileScheme.Length..];
        }
        else if (IsLink(text))
        {
            return $"is {Quoted.Name(text)}, a link; links are not fetched: download the image and give its path";
        }

        return path switch
        {
            { Length: 0 } => "is empty; expected a path",
            { Length: > Longest } =>
                $"is a text of {text.Length:N0} characters that begins {Quoted.Name(text.AsSpan(0, 40))}; expected a path, not the image itself",
            _ when path.Any(char.IsControl) => $"is {Quoted.Name(text)}; expected a path without control characters",
            _ when HasDrive(path) && !OperatingSystem.IsWindows() =>
                $"is {Quoted.Name(text)}, a path of Windows; expected one of this system, or one relative to the folder of images",
            _ when !HasDrive(path) && path[0] != '/' && !StaysInside(path) =>
                $"is {Quoted.Name(text)}; expected a path inside the folder of images, or an absolute one",
            _ => null,
        };
    }

    /// <summary>Whether a text is an address on a network rather than a path.</summary>
    internal static bool IsLink(string text)
    {
        int colon = text.IndexOf("://", StringComparison.Ordinal);
        return colon > 1 && text.AsSpan(0, colon).IndexOfAnyExceptInRange('0', 'z') < 0;
    }

    private static bool HasDrive(string path) => path.Length > 1 && path[1] == ':' && char.IsAsciiLetter(path[0]);

    private static bool StaysInside(string path)
    {
        int depth = 0;
        foreach (string part in path.Split('/'))
        {
            depth += part switch { "" or "." => 0, ".." => -1, _ => 1 };
            if (depth < 0)
            {
                return false;
            }
        }

        return depth > 0;
    }
}
