using System.Buffers.Binary;

namespace LlavaCuda.Images.Decoding;

/// <summary>The tags of a TIFF file's first directory that hold whole numbers.</summary>
internal sealed class TiffDirectory
{
    private readonly Dictionary<int, long[]> _tags = [];

    private TiffDirectory(bool little) => IsLittleEndian = little;

    /// <summary>Gets a value indicating whether low bytes come first.</summary>
    internal bool IsLittleEndian { get; }

    /// <summary>Whether the bytes begin as a TIFF file does.</summary>
    internal static bool Accepts(ReadOnlySpan<byte> bytes) => bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8);

    /// <summary>Reads the directory; a tag of another type, or whose data are not whole, has no values.</summary>
    internal static TiffDirectory Read(EncodedImage file)
    {
        TiffDirectory directory = new(file.Bytes[0] == 'I');
        ByteReader reader = new(file, 4);
        reader.Position = directory.UInt32(reader.Exactly(4));
        int count = directory.UInt16(reader.Exactly(2));
        long total = 0;
        for (; count > 0; count--)
        {
            ReadOnlySpan<byte> entry = reader.Exactly(12);
            (int tag, int size) = (directory.UInt16(entry), TypeSize(directory.UInt16(entry[2..])));
            long bytes = size * (long)directory.UInt32(entry[4..]);
            ReadOnlySpan<byte> data = entry[8..];
            if (bytes > 4)
            {
                ByteReader values = new(file, 0) { Position = directory.UInt32(data) };
                total += bytes;
                data = total > file.Bytes.Length ? [] : values.UpTo(bytes);
            }

            directory._tags.TryAdd(tag, data.Length >= bytes ? directory.Values(data[..(int)bytes], size) : []);
        }

        return directory;
    }

    /// <summary>Gets a tag's values, or null.</summary>
    internal long[]? Get(int tag) => _tags.GetValueOrDefault(tag);

    /// <summary>Gets the only value of a tag.</summary>
    /// <param name="file">The file, for errors.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="otherwise">What a tag that is missing stands for.</param>
    /// <returns>The value.</returns>
    internal long One(EncodedImage file, int tag, long otherwise) =>
        !_tags.TryGetValue(tag, out long[]? values) ? otherwise
        : values.Length == 1 ? values[0] : throw file.Damaged($"TIFF data is damaged: tag {tag} has {values.Length} values; expected 1");

    private static int TypeSize(int type) => type switch { 3 => 2, 4 => 4, _ => 0 };

    private long[] Values(ReadOnlySpan<byte> data, int size)
    {
        long[] values = size == 0 ? [] : new long[data.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = size == 2 ? UInt16(data[(i * 2)..]) : UInt32(data[(i * 4)..]);
        }

        return values;
    }

    private int UInt16(ReadOnlySpan<byte> bytes) => IsLittleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private uint UInt32(ReadOnlySpan<byte> bytes) => IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
