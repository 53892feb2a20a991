using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using LlavaCuda.Images;

namespace LlavaCuda.Tests.Images;

[Trait("Category", "Reference")]
public class ImageReferenceTests
{
    private static readonly string Folder = ReferenceFiles.At("images");

    private static readonly string[] SourceNames = JsonSerializer.Deserialize<string[]>(File.ReadAllText(Path.Combine(Folder, "sources.json")))!;

    public static TheoryData<string> Sources => [.. SourceNames];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Crop_EveryReferencePicture_IsEqual(string source)
    {
        RgbImage image = ImageFile.Read(Path.Combine(Folder, source));
        string[] crops = Directory.GetFiles(Folder, Stem(source) + ".*-*.png");
        Assert.NotEmpty(crops);
        foreach (string file in crops)
        {
            RgbImage expected = ImageFile.Read(file);
            RgbImage actual = Processor(Path.GetFileNameWithoutExtension(file)).Crop(image);
            Assert.Equal((expected.Width, expected.Height), (actual.Width, actual.Height));
            int differing = 0;
            for (int i = 0; i < expected.Pixels.Length; i++)
            {
                differing += expected.Pixels[i] == actual.Pixels[i] ? 0 : 1;
            }

            Assert.True(differing == 0, $"{Path.GetFileName(file)}: {differing} of {expected.Pixels.Length} bytes differ");
        }
    }

    [Fact]
    public void Process_ReferencePicture_IsWithinOneMillionth()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(Folder, "normalised.safetensors"));
        int start = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, start - 8));
        int tensors = 0;
        foreach (JsonProperty tensor in header.RootElement.EnumerateObject().Where(tensor => tensor.Name != "__metadata__"))
        {
            string source = SourceNames.Single(source => tensor.Name.StartsWith(Stem(source) + ".", StringComparison.Ordinal));
            ImageProcessor processor = Processor(tensor.Name);
            float[] pixels = new float[processor.Floats];
            processor.Process(ImageFile.Read(Path.Combine(Folder, source)), pixels);
            int offset = start + tensor.Value.GetProperty("data_offsets")[0].GetInt32();
            for (int i = 0; i < pixels.Length; i++)
            {
                Assert.Equal(BinaryPrimitives.ReadSingleLittleEndian(file.AsSpan(offset + (i * 4))), pixels[i], 1e-6f);
            }

            tensors++;
        }

        Assert.True(tensors > 0);
    }

    private static string Stem(string source) => source.Replace('.', '-');

    /// <summary>The processor that a crop's name tells of: <c>wide-png.square-56</c>.</summary>
    private static ImageProcessor Processor(string name)
    {
        string[] parts = name[(name.LastIndexOf('.') + 1)..].Split('-');
        int edge = int.Parse(parts[1], CultureInfo.InvariantCulture);
        return new ImageProcessor(new ImageProcessorOptions { ShortestEdge = edge, CropSize = edge, Aspect = Enum.Parse<ImageAspect>(parts[0], ignoreCase: true) });
    }
}
