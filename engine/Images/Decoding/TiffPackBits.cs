namespace LlavaCuda.Images.Decoding;

/// <summary>TIFF's runs of bytes.</summary>
/// <param name="source">The compressed bytes.</param>
internal sealed class TiffPackBits(Stream source) : ReadOnlyStream
{
    private int _literals;
    private int _repeats;
    private byte _value;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (_literals == 0 && _repeats == 0)
        {
            int head = source.ReadByte();
            if (head < 0)
            {
                return 0;
            }

            if (head < 128)
            {
                _literals = head + 1;
            }
            else if (head > 128)
            {
                int value = source.ReadByte();
                if (value < 0)
                {
                    return 0;
                }

                (_repeats, _value) = (257 - head, (byte)value);
            }
        }

        if (_literals > 0)
        {
            int read = source.Read(buffer[..Math.Min(buffer.Length, _literals)]);
            _literals -= read;
            return read;
        }

        int count = Math.Min(buffer.Length, _repeats);
        buffer[..count].Fill(_value);
        _repeats -= count;
        return count;
    }
}
