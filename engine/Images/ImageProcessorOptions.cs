namespace LlavaCuda.Images;

/// <summary>Sizes and constants of <see cref="ImageProcessor"/>: the contents of a model's <c>preprocessor_config.json</c>. The defaults are CLIP's.</summary>
public sealed partial record ImageProcessorOptions
{
    private const int MaxSize = 8192;

    /// <summary>Gets the length that the shortest edge is resized to, in pixels.</summary>
    public int ShortestEdge { get; init; } = 224;

    /// <summary>Gets the side of the square that is cropped from the middle, in pixels.</summary>
    public int CropSize { get; init; } = 224;

    /// <summary>Gets the factor that takes 0..255 to 0..1.</summary>
    public double RescaleFactor { get; init; } = 1.0 / 255;

    /// <summary>Gets what is subtracted from the scaled values; also the colour of padding.</summary>
    public ChannelValues Mean { get; init; } = new(0.48145466, 0.4578275, 0.40821073);

    /// <summary>Gets what the difference is divided by.</summary>
    public ChannelValues Deviation { get; init; } = new(0.26862954, 0.26130258, 0.27577711);

    /// <summary>Gets what happens to pictures that are not square.</summary>
    public ImageAspect Aspect { get; init; }

    /// <summary>Checks that the values can be used.</summary>
    /// <exception cref="ArgumentException">One cannot; the message names its key in the file.</exception>
    internal void Validate()
    {
        Require(ShortestEdge is >= 1 and <= MaxSize, $"\"size\" is {ShortestEdge}; expected 1 to {MaxSize}.");
        Require(CropSize is >= 1 and <= MaxSize, $"\"crop_size\" is {CropSize}; expected 1 to {MaxSize}.");
        Require(double.IsFinite(RescaleFactor) && RescaleFactor > 0, $"\"rescale_factor\" is {RescaleFactor}; expected more than 0.");
        for (int channel = 0; channel < 3; channel++)
        {
            Require(Mean[channel] is >= 0 and <= 1, $"\"image_mean\" holds {Mean[channel]}; expected 0 to 1.");
            Require(double.IsFinite(Deviation[channel]) && Deviation[channel] > 0, $"\"image_std\" holds {Deviation[channel]}; expected more than 0.");
        }
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ArgumentException(message);
        }
    }
}
