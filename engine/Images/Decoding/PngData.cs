using System.Buffers.Binary;

namespace LlavaCuda.Images.Decoding;

/// <summary>The compressed pixels of a PNG file: the data of chunks that follow each other, without their heads and checksums.</summary>
/// <param name="file">The file's first byte; pinned while the stream is read.</param>
/// <param name="length">Bytes of the file.</param>
/// <param name="start">The data of the first chunk.</param>
internal sealed unsafe class PngData(byte* file, int length, int start) : ReadOnlyStream
{
    private const int HeadBytes = 8;
    private const int ChecksumBytes = 4;
    private long _position = start;
    private long _left = BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(file + start - HeadBytes, 4));

    /// <summary>Gets a value indicating whether more was asked for than there is.</summary>
    internal bool RanOut { get; private set; }

    /// <summary>Gets the end of the chunk that was read last.</summary>
    internal long ChunkEnd => _position + _left;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (_left == 0 && NextChunk())
        {
            // A chunk may be empty.
        }

        int count = (int)Math.Min(Math.Min(buffer.Length, _left), Math.Max(length - _position, 0));
        RanOut |= count == 0 && buffer.Length > 0;
        new ReadOnlySpan<byte>(file + _position, count).CopyTo(buffer);
        _position += count;
        _left -= count;
        return count;
    }

    private bool NextChunk()
    {
        long head = _position + ChecksumBytes;
        if (head + HeadBytes > length || !new ReadOnlySpan<byte>(file + head + 4, 4).SequenceEqual("IDAT"u8))
        {
            return false;
        }

        _left = BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(file + head, 4));
        _position = head + HeadBytes;
        return true;
    }
}
