using System.Buffers.Binary;
using System.IO.Compression;
using LlavaCuda.Images;

namespace LlavaCuda.Tests.Images;

/// <summary>Damage that decoders could pass over, and kinds of pixels that are rare: what Pillow does with each.</summary>
public class DamagedImageTests
{
    // A marker, its length and some of its data, in place of the end of the image.
    [Theory]
    [InlineData("FFDD", true)]
    [InlineData("FFDD000400", true)]
    [InlineData("FFDD0005", false)]
    [InlineData("FFDDC350", false)]
    [InlineData("FFC40000", false)]
    [InlineData("FFC4C350", true)]
    [InlineData("FFC4C35000FFFF00000000000000000000000000000000", false)]
    [InlineData("FFC40013000000000000000000000000000000000000", true)]
    [InlineData("FFC40013", true)]
    [InlineData("FFC400141401000000000000000000000000000000", true)]
    [InlineData("FFC40014140100000000000000000000000000000000", false)]
    [InlineData("FFDBC350", true)]
    [InlineData("FFDBC35000", true)]
    [InlineData("FFDBC35005", false)]
    [InlineData("FFDB0003000101", true)]
    [InlineData("FFCC0003", true)]
    [InlineData("FFCC0003FF", true)]
    [InlineData("FFCCC3502000", false)]
    [InlineData("FFCCC3500001", false)]
    [InlineData("FFCCC3500010", true)]
    [InlineData("FFDA000801", true)]
    [InlineData("FFDA000802", false)]
    [InlineData("FFDA0008010100003F00", false)]
    [InlineData("FFC0C350", false)]
    [InlineData("FFE0C350", true)]
    [InlineData("FFFEC350", true)]
    [InlineData("FFF0", false)]
    public void Decode_JpegEndsWithinASegment_RefusesWhatIsWrongBeforeItsEnd(string ending, bool accepted)
    {
        byte[] file = [.. ImageFile.EncodeJpeg(BicubicResizeTests.Noise(16, 16, seed: 8))[..^2], .. Convert.FromHexString(ending)];
        AssertAccepted(accepted, file, "JPEG data is damaged");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Decode_PngWithoutAnyRow_IsCutShort(byte interlace) =>
        AssertAccepted(false, PictureBytes.Png(3, 3, 8, 2, [], interlace, ("IDAT", [0x78, 0x9C, 3, 0, 0, 0, 0, 1])), "cut short");

    [Fact]
    public void Decode_DeflateWithADictionary_IsRefusedByName()
    {
        // The header asks for a dictionary, whose checksum follows.
        byte[] png = PictureBytes.Png(1, 1, 8, 0, [0, 7]);
        int data = png.AsSpan().IndexOf("IDAT"u8) + 4;
        (png[data], png[data + 1]) = (0x78, 0xBB);
        AssertAccepted(false, png, "cannot be decompressed");
        AssertAccepted(false, Tiff(8, [[0x78, 0xBB, 1, 2, 3, 4, 0x63, 0x60, 0, 0]], 1, 1), "cannot be decompressed");
    }

    [Theory]
    [InlineData(2, 2, 0, 0, true)]
    [InlineData(1, 2, 0, 0, false)]
    [InlineData(2, 2, 1, 0, false)]
    [InlineData(2, 2, 0, 1, false)]
    public void Decode_AnimatedPng_FirstFrameMustCoverTheImage(int width, int height, int x, int y, bool accepted)
    {
        byte[] control = new byte[26];
        BinaryPrimitives.WriteInt32BigEndian(control.AsSpan(4), width);
        BinaryPrimitives.WriteInt32BigEndian(control.AsSpan(8), height);
        BinaryPrimitives.WriteInt32BigEndian(control.AsSpan(12), x);
        BinaryPrimitives.WriteInt32BigEndian(control.AsSpan(16), y);
        byte[] file = PictureBytes.Png(2, 2, 8, 0, [0, 1, 2, 0, 3, 4], before: ("fcTL", control));
        AssertAccepted(accepted, file, "first frame");
    }

    /// <summary>Of a palette of black and white every index but the first is white, in runs too.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Decode_BmpRunsOfBlackAndWhite_AreBlackAndWhite(byte compression)
    {
        byte[] file = new byte[14 + 40 + 8 + 6];
        "BM"u8.CopyTo(file);
        (file[10], file[14], file[18], file[22], file[26], file[28], file[30], file[46]) = (62, 40, 4, 1, 1, (byte)(compression == 1 ? 8 : 4), compression, 2);
        file.AsSpan(58, 3).Fill(255);
        byte[] runs = compression == 1 ? [2, 0, 1, 1, 1, 255] : [2, 0x00, 1, 0x10, 1, 0xF0];
        runs.CopyTo(file, 62);
        Assert.Equal([0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255], ImageFile.Decode(file, "runs").Pixels.ToArray());
    }

    [Fact]
    public void Decode_TiffWithDamagedChecksum_IsRefused()
    {
        byte[] packed = Packed([1, 2, 3, 4, 5, 6]);
        AssertAccepted(true, Tiff(8, [packed], 3, 2), string.Empty);
        packed[^1] ^= 1;
        AssertAccepted(false, Tiff(8, [packed], 3, 2), "cannot be decompressed");

        // More than the rows, as writers that pad their last block have it.
        AssertAccepted(true, Tiff(8, [Packed([1, 2, 3, 4, 5, 6, 0, 0, 0])], 3, 2), string.Empty);
    }

    [Fact]
    public void Decode_TiffWithTooManyBlocks_IsRefused()
    {
        AssertAccepted(true, Tiff(1, [[1, 2, 3, 4]], 2, 2), string.Empty);
        AssertAccepted(false, Tiff(1, [[1, 2, 3, 4], [5, 6, 7, 8]], 2, 2), "2 blocks of pixels; expected 1");
    }

    [Fact]
    public void Decode_TiffCodesWithoutClearing_AreRefused()
    {
        // Nine bits each: clear, 1, 2, end; then without the first.
        AssertAccepted(true, Tiff(5, [[0x80, 0x00, 0x40, 0x50, 0x10]], 2, 1), string.Empty);
        AssertAccepted(false, Tiff(5, [[0x00, 0x80, 0xA0, 0x20]], 2, 1), "cannot be decompressed");
    }

    private static void AssertAccepted(bool accepted, byte[] file, string reason)
    {
        if (accepted)
        {
            ImageFile.Decode(file, "file");
        }
        else
        {
            Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => ImageFile.Decode(file, "file")).Message, StringComparison.Ordinal);
        }
    }

    private static byte[] Packed(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>A TIFF file of 8-bit gray with the given strips.</summary>
    private static byte[] Tiff(int compression, byte[][] strips, int width, int height)
    {
        (int Tag, int[] Values)[] tags =
        [
            (256, [width]), (257, [height]), (258, [8]), (259, [compression]), (262, [1]),
            (273, new int[strips.Length]), (277, [1]), (278, [height]), (279, [.. strips.Select(strip => strip.Length)]),
        ];
        using MemoryStream file = new();
        file.Write([(byte)'I', (byte)'I', 42, 0, 0, 0, 0, 0]);
        for (int i = 0; i < strips.Length; i++)
        {
            tags[5].Values[i] = (int)file.Position;
            file.Write(strips[i]);
        }

        using MemoryStream directory = new();
        directory.Write([(byte)tags.Length, 0]);
        foreach ((int tag, int[] values) in tags)
        {
            byte[] bytes = [.. values.SelectMany(BitConverter.GetBytes)];
            byte[] entry = [.. BitConverter.GetBytes((short)tag), 4, 0, .. BitConverter.GetBytes(values.Length), .. BitConverter.GetBytes(bytes.Length > 4 ? (int)file.Position : values[0])];
            if (bytes.Length > 4)
            {
                file.Write(bytes);
            }

            directory.Write(entry);
        }

        int start = (int)file.Position;
        file.Write(directory.ToArray());
        byte[] all = file.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(all.AsSpan(4), start);
        return all;
    }
}
