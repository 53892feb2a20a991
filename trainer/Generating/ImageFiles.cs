namespace LlavaCuda.Trainer.Generating;

/// <summary>The folder of images, where there is one.</summary>
/// <param name="folder">The folder, or null.</param>
internal sealed class ImageFiles(string? folder)
{
    private bool[]? _isThere;

    /// <summary>Gets the folder, or null.</summary>
    internal string? Folder => folder;

    /// <summary>Looks which images are there, and says how many are not.</summary>
    /// <param name="data">The images.</param>
    /// <param name="error">Receives what is to be said.</param>
    /// <exception cref="IOException">There is no such folder, or none of the images is in it.</exception>
    internal void Look(CocoData data, TextWriter error)
    {
        if (folder is null)
        {
            return;
        }

        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"--images {folder}: there is no such folder.");
        }

        HashSet<string> names = [.. Directory.EnumerateFiles(folder).Select(static path => Path.GetFileName(path))];
        _isThere = new bool[data.Count];
        string? first = null;
        int missing = 0;
        for (int place = 0; place < data.Count; place++)
        {
            CocoImage image = data[place];
            _isThere[place] = names.Contains(image.File) || names.Contains(Short(image))
                || (image.File.Contains('/', StringComparison.Ordinal) && File.Exists(Path.Combine(folder, image.File)));
            missing += _isThere[place] ? 0 : 1;
            first ??= _isThere[place] ? null : image.File;
        }

        if (missing == data.Count)
        {
            throw new FileNotFoundException($"--images {folder} has none of the {data.Count} images, such as {first}.");
        }

        if (missing > 0)
        {
            error.WriteLine($"warning: {missing} images are not in {folder} and are left out (first: {first})");
        }
    }

    /// <summary>Tells whether an image may be asked about: it is there, or nobody knows.</summary>
    /// <param name="place">Its place in the annotations.</param>
    internal bool IsUsed(int place) => _isThere is null || _isThere[place];

    /// <summary>
    /// Gets the name of an image's file: that of the annotations; or, where only that is in the folder, the one of COCO since 2017, which
    /// is the id with 12 digits.
    /// </summary>
    /// <param name="image">The image.</param>
    internal string NameOf(CocoImage image) =>
        folder is null || File.Exists(Path.Combine(folder, image.File)) ? image.File : Short(image);

    private static string Short(CocoImage image) => $"{image.PaddedId}.jpg";
}
