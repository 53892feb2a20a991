using System.Buffers.Binary;

namespace LlavaCuda.Images.Decoding;

/// <summary>Reads a file's bytes in order. Reads beyond the end give what there is, or are the error of a file that is cut short.</summary>
internal ref struct ByteReader(EncodedImage file, int position)
{
    private readonly EncodedImage _file = file;

    /// <summary>Gets or sets the next byte to read; may lie beyond the end.</summary>
    internal long Position { get; set; } = position;

    /// <summary>Gets the bytes that are left.</summary>
    internal readonly ReadOnlySpan<byte> Rest => Position >= _file.Bytes.Length ? [] : _file.Bytes[(int)Position..];

    /// <summary>Reads as many bytes as there are of those asked for.</summary>
    internal ReadOnlySpan<byte> UpTo(long count)
    {
        ReadOnlySpan<byte> bytes = Rest;
        bytes = bytes[..(int)Math.Min(bytes.Length, count)];
        Position += bytes.Length;
        return bytes;
    }

    /// <summary>Reads bytes, all of them.</summary>
    internal ReadOnlySpan<byte> Exactly(long count)
    {
        ReadOnlySpan<byte> bytes = UpTo(count);
        return bytes.Length == count ? bytes : throw _file.CutShort();
    }

    /// <summary>Reads a byte.</summary>
    internal byte Byte() => Exactly(1)[0];

    /// <summary>Reads a byte, or gives -1 at the end.</summary>
    internal int ByteOrEnd() => UpTo(1) is [byte value] ? value : -1;

    /// <summary>Reads 16 bits, the low byte first.</summary>
    internal int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Exactly(2));

    /// <summary>Reads 32 bits, the low byte first.</summary>
    internal uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Exactly(4));
}
