using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Commands;

/// <summary>An image that somebody named on a command line or in a chat.</summary>
/// <param name="Path">Its file, as it was named.</param>
/// <param name="Image">Its pixels.</param>
internal sealed record ImageArgument(string Path, RgbImage Image)
{
    // Longer ones are no paths: texts, or an image's own data.
    private const int LongestShown = 100;

    /// <summary>Reads an image, and says what is wrong with names that are none of a file.</summary>
    /// <param name="option">What the path follows, which a message names.</param>
    /// <param name="path">What was typed; a leading <c>~</c> is the user's folder.</param>
    /// <param name="files">How, and what it may cost; null for the defaults.</param>
    /// <exception cref="IOException">There is no such file, or it is none.</exception>
    /// <exception cref="InvalidDataException">The file is no image.</exception>
    internal static ImageArgument Read(string option, string path, ImageReadOptions? files = null)
    {
        string file = Expand(path);
        string shown = path.Length <= LongestShown ? path : $"{path[..LongestShown]}... ({path.Length} characters)";
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new ArgumentException($"{option} is empty; expected an image file.");
        }

        if (path.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            throw new IOException($"{option} {shown}: data in the command line is not read; expected an image file.");
        }

        if (path.IndexOf("://", StringComparison.Ordinal) is > 0 and < 16 && !File.Exists(file))
        {
            throw new IOException($"{option} {shown}: links are not fetched; expected an image file.");
        }

        if (Directory.Exists(file))
        {
            throw new IOException($"{option} {shown} is a folder; expected an image file.");
        }

        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"{option} {shown}: no such file.");
        }

        try
        {
            return new ImageArgument(path, ImageFile.Read(file, files));
        }
        catch (UnauthorizedAccessException)
        {
            throw new IOException($"{option} {shown} may not be read by this user.");
        }
    }

    /// <summary>Finds the files that a text names: a path as it is, in quotes or with backslashes as shells write it, or several.</summary>
    /// <param name="text">What was typed.</param>
    /// <returns>The paths, of which some may be missing.</returns>
    internal static IReadOnlyList<string> Split(string text)
    {
        string trimmed = text.Trim();
        if (File.Exists(Expand(trimmed)))
        {
            return [trimmed];
        }

        List<string> words = [];
        System.Text.StringBuilder word = new();
        char quote = '\0';
        bool begun = false;
        for (int i = 0; i < trimmed.Length; i++)
        {
            char c = trimmed[i];
            if (c == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && c is '"' or '\'')
            {
                (quote, begun) = (c, true);
            }
            else if (c == '\\' && quote != '\'' && !OperatingSystem.IsWindows() && i + 1 < trimmed.Length)
            {
                word.Append(trimmed[++i]);
                begun = true;
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                End();
            }
            else
            {
                word.Append(c);
                begun = true;
            }
        }

        End();

        // A name with spaces, of no file: one message about it is better than one about each word.
        return quote == '\0' && (words.Count == 1 || words.All(static w => File.Exists(Expand(w)))) ? words : [trimmed.Trim('"', '\'')];

        void End()
        {
            if (begun)
            {
                words.Add(word.ToString());
                word.Clear();
                begun = false;
            }
        }
    }

    private static string Expand(string path) => path == "~" || path.StartsWith("~/", StringComparison.Ordinal)
        ? string.Concat(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path.AsSpan(1))
        : path;
}
