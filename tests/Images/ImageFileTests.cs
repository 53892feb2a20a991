using LlavaCuda.Images;
using LlavaCuda.Tests.Checkpoints;

namespace LlavaCuda.Tests.Images;

public class ImageFileTests
{
    [Fact]
    public void EncodePng_AnyPicture_ComesBack()
    {
        RgbImage image = BicubicResizeTests.Noise(37, 11, seed: 3);
        RgbImage read = ImageFile.Decode(ImageFile.EncodePng(image), "noise");
        Assert.Equal((37, 11), (read.Width, read.Height));
        Assert.True(image.Pixels.SequenceEqual(read.Pixels));
    }

    [Fact]
    public void EncodeJpeg_SmoothPicture_ComesBackNearly()
    {
        RgbImage image = new(40, 30);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)(i / 3 % 40 * 6);
        }

        RgbImage read = ImageFile.Decode(ImageFile.EncodeJpeg(image, 95), "ramp");
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            Assert.InRange(read.Pixels[i] - image.Pixels[i], -6, 6);
        }
    }

    [Fact]
    public void Write_ByEnding_ReadsBack()
    {
        string folder = Directory.CreateTempSubdirectory("llava-images").FullName;
        RgbImage image = BicubicResizeTests.Noise(9, 5, seed: 4);
        foreach (string ending in (string[])[".png", ".JPG", ".jpeg"])
        {
            string path = Path.Combine(folder, "picture" + ending);
            ImageFile.Write(path, image);
            RgbImage read = ImageFile.Read(path);
            Assert.Equal((9, 5), (read.Width, read.Height));
            using FileStream stream = File.OpenRead(path);
            Assert.True(read.Pixels.SequenceEqual(ImageFile.Read(stream, path).Pixels));
        }

        Assert.Equal(3, Directory.GetFiles(folder).Length);
        Assert.Throws<ArgumentException>(() => ImageFile.Write(Path.Combine(folder, "picture.gif"), image));

        // What cannot be written leaves nothing behind.
        string taken = Directory.CreateDirectory(Path.Combine(folder, "taken.png")).FullName;
        Assert.ThrowsAny<IOException>(() => ImageFile.Write(taken, image));
        Assert.Equal(3, Directory.GetFiles(folder).Length);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void ReadSize_HeadOfAFile_IsEnough()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("llava-images").FullName, "image");
        RgbImage image = BicubicResizeTests.Noise(300, 211, seed: 5);
        foreach (byte[] file in (byte[][])[ImageFile.EncodePng(image), ImageFile.EncodeJpeg(image)])
        {
            foreach (int length in (int[])[file.Length, file.Length - 40, file.Length / 2])
            {
                File.WriteAllBytes(path, file[..length]);
                Assert.Equal((300, 211), ImageFile.ReadSize(path));
            }

            foreach (int length in (int[])[0, 1, 7, 20])
            {
                File.WriteAllBytes(path, file[..length]);
                InvalidDataException error = Assert.Throws<InvalidDataException>(() => ImageFile.ReadSize(path));
                Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
            }
        }

        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        Assert.ThrowsAny<IOException>(() => ImageFile.ReadSize(path));
    }

    [Fact]
    public void Read_FileThatIsMissing_Throws() => Assert.Throws<FileNotFoundException>(() => ImageFile.Read(Path.Combine(Path.GetTempPath(), "no-such-picture.png")));

    [Theory]
    [InlineData("")]
    [InlineData("not a picture at all, but long enough to be looked at twice")]
    [InlineData("\u0089PNG\r\n\u001a\n")]
    public void Decode_NoPicture_NamesIt(string text)
    {
        byte[] bytes = [.. text.Select(c => (byte)c)];
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => ImageFile.Decode(bytes, "data/cat.jpg"));
        Assert.StartsWith("data/cat.jpg: ", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("photo.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("wide.png")]
    [InlineData("lossless.webp")]
    [InlineData("frame.gif")]
    [InlineData("map.bmp")]
    public void Decode_TruncatedFile_Throws(string source)
    {
        byte[] whole = File.ReadAllBytes(ReferenceFiles.At("images", source));
        for (int part = 1; part < 10; part++)
        {
            byte[] start = whole[..(whole.Length * part / 10)];
            InvalidDataException e = Assert.Throws<InvalidDataException>(() => ImageFile.Decode(start, source));
            Assert.StartsWith(source + ": ", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Decode_DamagedFile_ThrowsOrGivesThePicture()
    {
        Random random = new(6);
        foreach (string source in (string[])["gray.jpg", "palette.png", "alpha.png", "lossless.webp", "frame.gif", "map.bmp"])
        {
            byte[] whole = File.ReadAllBytes(ReferenceFiles.At("images", source));
            for (int i = 0; i < 20; i++)
            {
                byte[] damaged = [.. whole];
                for (int n = 0; n < 4; n++)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                try
                {
                    Assert.True(ImageFile.Decode(damaged, source).Width > 0);
                }
                catch (InvalidDataException e)
                {
                    Assert.StartsWith(source + ": ", e.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    [Theory]
    [InlineData(20_000, 20_000)]
    [InlineData(1, 70_000)]
    [InlineData(900_000, 1)]
    public void Decode_TooLarge_IsRefusedBeforeMemoryIsTaken(int width, int height)
    {
        byte[] bomb = PictureBytes.Png(width, height, 8, 2, new byte[1000]);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => ImageFile.Decode(bomb, "bomb.png"));
        Assert.Contains($"{width}x{height}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_SixteenBitGray_ClipsAsPillowDoes()
    {
        // A filter byte, then two pixels of 16 bits, in each of two rows.
        byte[] file = PictureBytes.Png(2, 2, 16, 0, [0, 0, 0, 255, 255, 0, 0, 200, 1, 0]);
        RgbImage image = ImageFile.Decode(file, "deep.png");
        Assert.Equal([0, 0, 0, 255, 255, 255, 200, 200, 200, 255, 255, 255], image.Pixels.ToArray());
    }

    [Fact]
    public void Decode_TransparentPixels_KeepTheirColour()
    {
        byte[] file = PictureBytes.Png(2, 1, 8, 6, [0, 200, 100, 50, 0, 1, 2, 3, 128]);
        Assert.Equal([200, 100, 50, 1, 2, 3], ImageFile.Decode(file, "glass.png").Pixels.ToArray());
    }

    [Theory]
    [InlineData(200, 100, 50, 255)]
    [InlineData(255, 255, 255, 128)]
    [InlineData(30, 200, 90, 140)]
    public void Decode_CmykJpeg_ConvertsAsPillowDoes(byte cyan, byte magenta, byte yellow, byte black)
    {
        // Stored inverted, so that a colour is the product of its ink's and the black's lightness.
        RgbImage image = ImageFile.Decode(PictureBytes.CmykJpeg(cyan, magenta, yellow, black), "ink.jpg");
        Assert.Equal((8, 8), (image.Width, image.Height));
        byte[] expected = [Light(cyan, black), Light(magenta, black), Light(yellow, black)];
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            Assert.Equal(expected[i % 3], image.Pixels[i]);
        }
    }

    [Fact]
    public void Read_PipeOrDevice_IsRefusedUnopened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "devices and pipes are made as on Linux");
        using TemporaryFolder folder = new();
        string device = folder.At("zero.png"), pipe = folder.At("pipe.png");
        File.CreateSymbolicLink(device, "/dev/zero");
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            make.WaitForExit();
        }

        foreach (string path in (string[])[device, pipe])
        {
            OneLine.Throws<InvalidDataException>(() => ImageFile.Read(path), path, "not a regular file");
            OneLine.Throws<InvalidDataException>(() => ImageFile.ReadSize(path), path, "not a regular file");
        }
    }

    /// <summary>Pillow's conversion: what black leaves, less the ink's rounded share of it.</summary>
    private static byte Light(int ink, int black) => (byte)Math.Clamp(black - (int)Math.Round((255 - ink) * black / 255.0), 0, 255);
}
