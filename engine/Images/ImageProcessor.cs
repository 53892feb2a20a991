using System.Buffers;

namespace LlavaCuda.Images;

/// <summary>
/// Turns pictures into what the vision tower takes, as transformers' <c>CLIPImageProcessor</c> does on Pillow: pad to a square if asked to, resize the shortest edge,
/// crop the middle, scale, normalise. The crop equals the original's to the bit. One processor may serve many threads.
/// </summary>
public sealed class ImageProcessor
{
    private readonly float[] _normalised;
    private readonly (byte Red, byte Green, byte Blue) _fill;

    /// <summary>Initializes a new instance of the <see cref="ImageProcessor"/> class.</summary>
    /// <param name="options">Sizes and constants.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public ImageProcessor(ImageProcessorOptions options)
    {
        options.Validate();
        Options = options;
        _fill = ((byte)(options.Mean.Red * 255), (byte)(options.Mean.Green * 255), (byte)(options.Mean.Blue * 255));
        _normalised = new float[3 * 256];
        for (int i = 0; i < _normalised.Length; i++)
        {
            int channel = i / 256;
            float scaled = (float)(i % 256 * options.RescaleFactor);
            _normalised[i] = (scaled - (float)options.Mean[channel]) / (float)options.Deviation[channel];
        }
    }

    /// <summary>Gets the sizes and constants.</summary>
    public ImageProcessorOptions Options { get; }

    /// <summary>Gets the number of floats that a picture becomes: 3 · crop · crop.</summary>
    public int Floats => 3 * Options.CropSize * Options.CropSize;

    /// <summary>Prepares a picture for the vision tower.</summary>
    /// <param name="image">The picture, of any size.</param>
    /// <param name="pixels">Receives the normalised values, <see cref="Floats"/> of them: channel, row, column.</param>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public void Process(RgbImage image, Span<float> pixels)
    {
        if (pixels.Length != Floats)
        {
            throw new ArgumentException($"A picture becomes {Floats} floats, not {pixels.Length}.", nameof(pixels));
        }

        int plane = Floats / 3;
        byte[] crop = ArrayPool<byte>.Shared.Rent(Floats);
        CropInto(image, crop.AsSpan(0, Floats));
        for (int channel = 0; channel < 3; channel++)
        {
            ReadOnlySpan<float> table = _normalised.AsSpan(channel * 256, 256);
            Span<float> target = pixels.Slice(channel * plane, plane);
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = table[crop[(i * 3) + channel]];
            }
        }

        ArrayPool<byte>.Shared.Return(crop);
    }

    /// <summary>Shows what the vision tower sees, before scaling and normalisation.</summary>
    /// <param name="image">The picture, of any size.</param>
    /// <returns>A square picture of the crop's size; black where the crop reaches beyond the picture.</returns>
    public RgbImage Crop(RgbImage image)
    {
        RgbImage crop = new(Options.CropSize, Options.CropSize);
        CropInto(image, crop.Pixels);
        return crop;
    }

    private void CropInto(RgbImage image, Span<byte> target)
    {
        bool pad = Options.Aspect == ImageAspect.Pad;
        int side = Math.Max(image.Width, image.Height);
        int canvasWidth = pad ? side : image.Width;
        int canvasHeight = pad ? side : image.Height;
        int shortSide = Math.Min(canvasWidth, canvasHeight);
        int width = (int)((double)Options.ShortestEdge * canvasWidth / shortSide);
        int height = (int)((double)Options.ShortestEdge * canvasHeight / shortSide);

        // The shift rounds down also where the crop is larger than the picture and the offset negative.
        int left = (width - Options.CropSize) >> 1;
        int top = (height - Options.CropSize) >> 1;
        ResizePlan plan = new()
        {
            CanvasWidth = canvasWidth,
            CanvasHeight = canvasHeight,
            OffsetX = (canvasWidth - image.Width) / 2,
            OffsetY = (canvasHeight - image.Height) / 2,
            Fill = _fill,
            Width = width,
            Height = height,
            Left = Math.Max(left, 0),
            Top = Math.Max(top, 0),
            Columns = Math.Min(width, Options.CropSize),
            Rows = Math.Min(height, Options.CropSize),
        };
        int stride = Options.CropSize * 3;
        target.Clear();
        BicubicResize.Resize(image, plan, target[((Math.Max(-top, 0) * stride) + (Math.Max(-left, 0) * 3))..], stride);
    }
}
