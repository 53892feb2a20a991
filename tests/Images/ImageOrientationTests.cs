using LlavaCuda.Images;
using LlavaCuda.Images.Decoding;

namespace LlavaCuda.Tests.Images;

public class ImageOrientationTests
{
    private static readonly ImageReadOptions Turned = new() { Orientation = ImageOrientation.Exif };

    /// <summary>What viewers show of the rows 1 2 3 and 4 5 6.</summary>
    [Theory]
    [InlineData(1, 3, "123456")]
    [InlineData(2, 3, "321654")]
    [InlineData(3, 3, "654321")]
    [InlineData(4, 3, "456123")]
    [InlineData(5, 2, "142536")]
    [InlineData(6, 2, "415263")]
    [InlineData(7, 2, "635241")]
    [InlineData(8, 2, "362514")]
    public void Apply_EveryOrientation_TurnsTheImage(int orientation, int width, string expected)
    {
        RgbImage image = new(3, 2);
        for (int i = 0; i < 6; i++)
        {
            image.Pixels.Slice(i * 3, 3).Fill((byte)('1' + i));
        }

        RgbImage shown = ExifOrientation.Apply(image, orientation);
        Assert.Equal(width, shown.Width);
        Assert.Equal(expected, string.Concat(Enumerable.Range(0, 6).Select(i => (char)shown.Pixels[(i * 3) + 1])));
    }

    [Theory]
    [InlineData("exif.jpg")]
    [InlineData("exif.png")]
    [InlineData("exif.webp")]
    public void Decode_TaggedFile_IsTurnedWhereAsked(string name)
    {
        byte[] file = File.ReadAllBytes(ReferenceFiles.Shipped("decoding", name));
        RgbImage stored = ImageFile.Decode(file, name);
        RgbImage shown = ImageFile.Decode(file, name, Turned);
        Assert.Equal((stored.Height, stored.Width), (shown.Width, shown.Height));
        Assert.True(ExifOrientation.Apply(stored, 6).Pixels.SequenceEqual(shown.Pixels));
    }

    [Theory]
    [InlineData("II*\0\u0008\0\0\0\u0001\0\u0012\u0001\u0003\0\u0001\0\0\0\u0008\0\0\0", 8)]
    [InlineData("MM\0*\0\0\0\u0008\0\u0001\u0001\u0012\0\u0003\0\0\0\u0001\0\u0005\0\0", 5)]
    [InlineData("Exif\0\0II*\0\u0008\0\0\0\u0001\0\u0012\u0001\u0003\0\u0001\0\0\0\u0009\0\0\0", 1)]
    [InlineData("II*\0\u00FF\u00FF\u00FF\u00FF\u0001\0", 1)]
    [InlineData("II*\0\u0008\0\0\0\u00FF\u00FF\u0012\u0001\u0003\0", 1)]
    [InlineData("", 1)]
    public void Read_AnyExif_GivesTheOrientationOrNone(string exif, int expected) =>
        Assert.Equal(expected, ExifOrientation.Read([.. exif.Select(static letter => (byte)letter)]));
}
