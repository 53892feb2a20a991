using System.CommandLine;
using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Commands;

/// <summary>The options by which commands say how image files are read and what they may cost.</summary>
internal sealed class ImageFileOptions
{
    private readonly Option<int> _maxPixels = CreateMaxPixels();
    private readonly Option<ImageOrientation> _orientation = new("--image-orientation")
    {
        HelpName = "stored|exif",
        Description = "stored reads images as their pixels lie in the file, as LLaVA trains; exif turns them as their EXIF orientation says. "
            + "[default: stored]",
    };

    /// <summary>Makes the option of the limit by itself, for training, which reads images as they are stored.</summary>
    /// <returns>The option.</returns>
    internal static Option<int> CreateMaxPixels() => new("--max-image-pixels")
    {
        Description = "Most pixels of an image file; decoding one may take 5 bytes for each of so many.",
        DefaultValueFactory = static _ => ImageFile.MaxPixels,
    };

    /// <summary>Adds the options.</summary>
    /// <param name="command">The command.</param>
    internal void AddTo(Command command)
    {
        command.Add(_maxPixels);
        command.Add(_orientation);
    }

    /// <summary>Gets how image files are read.</summary>
    /// <param name="parsed">The parsed command line.</param>
    /// <returns>Validated options.</returns>
    internal ImageReadOptions Read(ParseResult parsed)
    {
        int pixels = parsed.GetValue(_maxPixels);
        return pixels is >= 1 and <= ImageReadOptions.MostPixels
            ? new ImageReadOptions { MaxPixels = pixels, Orientation = parsed.GetValue(_orientation) }
            : throw new ArgumentException($"{_maxPixels.Name} is {pixels}; expected 1 to {ImageReadOptions.MostPixels}.");
    }
}
