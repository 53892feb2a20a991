using BenchmarkDotNet.Attributes;
using LlavaCuda.Images;

namespace LlavaCuda.Bench.Images;

/// <summary>From the bytes of a photograph to the vision tower's input, one core; the two parts by themselves and together.</summary>
[MemoryDiagnoser]
public class ImageProcessorBench
{
    private readonly ImageProcessor _processor = new(new ImageProcessorOptions { ShortestEdge = 336, CropSize = 336, Aspect = ImageAspect.Pad });
    private readonly float[] _pixels = new float[3 * 336 * 336];
    private RgbImage _image = new(1, 1);
    private byte[] _file = [];

    /// <summary>A photograph as cameras make them (12 million pixels), and as data sets hold them.</summary>
    [Params(4000, 640)]
    public int Width { get; set; }

    [GlobalSetup]
    public void MakePhotograph()
    {
        _image = new RgbImage(Width, Width * 3 / 4);
        Random random = new(1);
        for (int i = 0; i < _image.Pixels.Length; i++)
        {
            _image.Pixels[i] = (byte)((i / 3 % Width / 16 * 5) + random.Next(8));
        }

        _file = ImageFile.EncodeJpeg(_image);
    }

    [Benchmark]
    public RgbImage Decode() => ImageFile.Decode(_file, "photograph");

    [Benchmark]
    public void Process() => _processor.Process(_image, _pixels);
}
