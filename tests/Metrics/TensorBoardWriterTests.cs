using System.Buffers.Binary;
using System.Text;
using LlavaCuda.Trainer.Metrics;

namespace LlavaCuda.Tests.Metrics;

public sealed class TensorBoardWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-events").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void MaskedCrc_KnownData_HasTheKnownChecksum()
    {
        // CRC-32C of "123456789" is E3069283 in every list of checksums.
        uint turned = (0xE3069283u >> 15) | (0xE3069283u << 17);
        Assert.Equal(unchecked(turned + 0xA282EAD8u), TensorBoardWriter.MaskedCrc("123456789"u8));
    }

    [Fact]
    public void Begin_NewFile_StartsAsTensorFlowsDo()
    {
        new TensorBoardWriter(_folder, time: new FakeTime()).Dispose();
        byte[] file = File.ReadAllBytes(Path.Combine(_folder, "events.out.tfevents.1700000000.llava"));

        // The first twelve bytes of any event file: 24 bytes follow, and the checksum of that number.
        Assert.Equal([24, 0, 0, 0, 0, 0, 0, 0, 0xA3, 0x7F, 0x4B, 0x22], file[..12]);
        byte[] record = Assert.Single(Records(file));
        Assert.Equal(9, record[0]);
        Assert.Equal(1_700_000_000, BinaryPrimitives.ReadDoubleLittleEndian(record.AsSpan(1)));
        Assert.Equal([0x1A, 13, .. "brain.Event:2"u8], record[9..]);
    }

    [Fact]
    public void Append_TwoScalars_WritesOneEvent()
    {
        using (TensorBoardWriter writer = new(_folder, time: new FakeTime()))
        {
            writer.Append(300, new Metric("train/loss", 1.5), new Metric("lr", 0.25));
        }

        byte[] record = Records(File.ReadAllBytes(Directory.GetFiles(_folder).Single()))[1];
        byte[] expected =
        [
            0x10, 0xAC, 0x02, 0x2A, 30,
            0x0A, 17, 0x0A, 10, .. Encoding.UTF8.GetBytes("train/loss"), 0x15, 0, 0, 0xC0, 0x3F,
            0x0A, 9, 0x0A, 2, .. Encoding.UTF8.GetBytes("lr"), 0x15, 0, 0, 0x80, 0x3E,
        ];
        Assert.Equal(expected, record[9..]);
    }

    [Fact]
    public void Resume_FromAStep_TellsWhatToDrop()
    {
        new TensorBoardWriter(_folder, resumedStep: 4, time: new FakeTime()).Dispose();
        byte[] record = Records(File.ReadAllBytes(Directory.GetFiles(_folder).Single()))[1];
        Assert.Equal([0x10, 5, 0x3A, 2, 8, 1], record[9..]);
    }

    [Fact]
    public void Begin_InTheSameSecond_MakesAnotherFile()
    {
        FakeTime time = new();
        new TensorBoardWriter(_folder, time: time).Dispose();
        new TensorBoardWriter(_folder, time: time).Dispose();
        Assert.Equal(2, Directory.GetFiles(_folder, "*tfevents*").Length);
    }

    /// <summary>Takes a file apart and checks both checksums of each record.</summary>
    private static List<byte[]> Records(byte[] file)
    {
        List<byte[]> records = [];
        for (int at = 0; at < file.Length;)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.Equal(TensorBoardWriter.MaskedCrc(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            byte[] record = file[(at + 12)..(at + 12 + length)];
            Assert.Equal(TensorBoardWriter.MaskedCrc(record), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            records.Add(record);
            at += length + 16;
        }

        return records;
    }
}
