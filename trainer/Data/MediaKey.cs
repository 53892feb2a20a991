using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// A key that is not of the format but whose name or value speaks of images or other media: what it holds would not be used, and a sample that
/// loses its images that way would train as text alone.
/// </summary>
/// <param name="Name">The key, with its place in the sample.</param>
/// <param name="Line">Its line, counted from 1.</param>
/// <param name="Kind">What its name says.</param>
/// <param name="Files">Texts in its value that are names of files of media.</param>
internal sealed record MediaKey(string Name, long Line, MediaKind Kind, IReadOnlyList<string> Files)
{
    /// <summary>The most bytes of a text that can be the name of a file.</summary>
    internal const int LongestFile = 1024;

    private static readonly string[] ImageParts = ["image", "img", "picture", "photo", "pixel", "screenshot", "thumbnail"];
    private static readonly string[] OtherParts = ["video", "audio"];
    private static readonly string[] WholeParts = ["media", "multimedia", "frame", "pic"];
    private static readonly string[] Holders =
    [
        "path", "file", "filename", "filepath", "name", "url", "uri", "link", "src", "source",
        "list", "data", "byte", "base", "b", "value", "content", "input",
    ];

    private static readonly string[] Extensions =
    [
        ".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".mp4", ".avi", ".mov", ".mkv", ".webm", ".wav", ".mp3", ".flac",
    ];

    /// <summary>
    /// Judges a key by its name: <c>image_path</c> and <c>Image</c> hold an image, <c>image_id</c> and <c>has_image</c> describe one.
    /// </summary>
    internal static MediaKind KindOf(string name)
    {
        List<string> words = Words(name);
        bool other = words.Exists(static w => Contains(w, OtherParts) || w is "media" or "multimedia" or "frame");
        bool image = words.Exists(static w => Contains(w, ImageParts) || w is "pic");
        bool holds = words.TrueForAll(w => IsMedium(w) || Holders.Contains(w));
        return (image, other, holds) switch
        {
            (false, false, _) => MediaKind.None,
            (_, true, true) => MediaKind.HoldsOther,
            (true, false, true) => MediaKind.HoldsImage,
            _ => MediaKind.Describes,
        };
    }

    /// <summary>Whether a text is the name of a file of an image, a video or a sound.</summary>
    internal static bool IsMediaFile(string text) =>
        text.Length <= LongestFile && text.Length > 4 && !text.Contains('\n') && !ImagePath.IsLink(text) && Extensions.Any(e => text.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    /// <summary>Says what is lost if the sample is used without the key, or null if nothing is.</summary>
    /// <param name="images">The images that the sample uses.</param>
    internal string? Fault(IReadOnlyList<string> images) => Kind switch
    {
        MediaKind.HoldsOther => $"key '{Name}' holds what is not used; expected images alone, as 'image'",
        _ when images.Count == 0 =>
            $"key '{Name}' {What}, but the sample would train as text alone; give the path of an image as 'image', or remove the key",
        MediaKind.HoldsImage when Files.FirstOrDefault(f => !images.Any(i => FileName(i) == FileName(f))) is { } file =>
            $"key '{Name}' names {Quoted.Name(file)}, which is not among the images of 'image'; give all of them there, as a list",
        _ => null,
    };

    private string What => Kind == MediaKind.NamesFile ? $"is {Quoted.Name(Files[0])}" : "speaks of images or other media";

    private static string FileName(string path) => path[(path.LastIndexOfAny(['/', '\\']) + 1)..];

    private static bool Contains(string word, string[] parts) => parts.Any(p => word.Contains(p, StringComparison.Ordinal));

    private static bool IsMedium(string word) =>
        WholeParts.Contains(word) || ImageParts.Concat(OtherParts).Any(p => word == p || word == p + "file" || word == p + "path");

    // imagePaths_2 -> image, path: lower case, singular, without digits.
    private static List<string> Words(string name)
    {
        List<string> words = [];
        int start = 0;
        for (int i = 0; i <= name.Length; i++)
        {
            bool letter = i < name.Length && char.IsAsciiLetter(name[i]);
            bool hump = letter && i > start && char.IsAsciiLetterUpper(name[i]) && char.IsAsciiLetterLower(name[i - 1]);
            if (!letter || hump)
            {
                if (i > start)
                {
                    words.Add(Singular(name[start..i].ToLowerInvariant()));
                }

                start = hump ? i : i + 1;
            }
        }

        return words;
    }

    private static string Singular(string word) => word.Length > 3 && word[^1] == 's' ? word[..^1] : word;
}
