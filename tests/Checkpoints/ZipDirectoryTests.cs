using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using LlavaCuda.Checkpoints;

namespace LlavaCuda.Tests.Checkpoints;

public sealed class ZipDirectoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_64BitRecords_AreFollowed()
    {
        using MappedFile file = new(_folder.Write("x.bin", Make64()));

        ZipEntry entry = ZipDirectory.Read(file)["a/data.pkl"];

        Assert.Equal("hello", Encoding.ASCII.GetString(file.Span(entry.Offset, (int)entry.Length)));
    }

    [Fact]
    public void Read_CommentBehindTheDirectory_IsSkipped()
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            zip.Comment = "a comment";
            using Stream entry = zip.CreateEntry("a", CompressionLevel.NoCompression).Open();
            entry.Write("hello"u8);
        }

        using MappedFile file = new(_folder.Write("x.bin", stream.ToArray()));
        Assert.Equal(5, ZipDirectory.Read(file)["a"].Length);
        OneLine.Throws<InvalidDataException>(() => _ = ZipDirectory.Read(file)["b"], file.Path, "'b'");
    }

    [Fact]
    public void Read_CompressedEntry_Throws()
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream entry = zip.CreateEntry("a", CompressionLevel.SmallestSize).Open();
            entry.Write(new byte[1000]);
        }

        using MappedFile file = new(_folder.Write("x.bin", stream.ToArray()));
        OneLine.Throws<InvalidDataException>(() => ZipDirectory.Read(file), "'a'", "compressed");
    }

    [Fact]
    public void Open_DirectoryPointsOutsideTheFile_Throws()
    {
        byte[] zip = Make64();
        BinaryPrimitives.WriteInt64LittleEndian(zip.AsSpan(zip.Length - 22 - 20 - 8), long.MaxValue);
        using MappedFile file = new(_folder.Write("x.bin", zip));

        OneLine.Throws<InvalidDataException>(() => ZipDirectory.Read(file), "damaged");
    }

    /// <summary>An archive whose every size and offset stands in the 64-bit places, as in one over 4 GB, written out by hand.</summary>
    private static byte[] Make64()
    {
        const uint Elsewhere = uint.MaxValue;
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        byte[] name = "a/data.pkl"u8.ToArray();
        writer.Write(new byte[3]);
        long local = stream.Position;
        writer.Write(0x04034b50);
        writer.Write(new byte[22]);
        writer.Write((ushort)name.Length);
        writer.Write((ushort)4);
        writer.Write(name);
        writer.Write(new byte[4]);
        writer.Write("hello"u8);

        long directory = stream.Position;
        writer.Write(0x02014b50);
        writer.Write(new byte[16]);
        writer.Write(Elsewhere);
        writer.Write(Elsewhere);
        writer.Write((ushort)name.Length);
        writer.Write((ushort)(4 + 2 + 4 + 24));
        writer.Write(new byte[10]);
        writer.Write(Elsewhere);
        writer.Write(name);
        writer.Write((ushort)0x7075);
        writer.Write((ushort)2);
        writer.Write((ushort)0);
        writer.Write((ushort)1);
        writer.Write((ushort)24);
        writer.Write(5L);
        writer.Write(5L);
        writer.Write(local);

        long end = stream.Position;
        writer.Write(0x06064b50);
        writer.Write(44L);
        writer.Write(new byte[20]);
        writer.Write(1L);
        writer.Write(end - directory);
        writer.Write(directory);
        writer.Write(0x07064b50);
        writer.Write(0);
        writer.Write(end);
        writer.Write(1);
        writer.Write(0x06054b50);
        writer.Write(new byte[4]);
        writer.Write(ushort.MaxValue);
        writer.Write(ushort.MaxValue);
        writer.Write(Elsewhere);
        writer.Write(Elsewhere);
        writer.Write((ushort)0);
        writer.Flush();
        return stream.ToArray();
    }
}
