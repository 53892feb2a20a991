namespace LlavaCuda.Images.Decoding;

/// <summary>
/// GIF's variable-length codes (LZW). Damage is handled as in Pillow: an end code before the last pixel and a code that has no meaning yet are errors,
/// and what comes after the last pixel is not looked at.
/// </summary>
internal static class GifCodes
{
    private const int MostBits = 12;
    private const int TableSize = 1 << MostBits;

    /// <summary>Decodes a frame's data.</summary>
    /// <param name="file">The file, for errors.</param>
    /// <param name="bits">Bits of a pixel, the first byte of the data.</param>
    /// <param name="data">What follows, to the end of the file.</param>
    /// <param name="frame">Takes the pixels.</param>
    internal static void Decode(EncodedImage file, int bits, ReadOnlySpan<byte> data, GifFrame frame)
    {
        if (bits > MostBits)
        {
            throw Damaged(file);
        }

        int clear = 1 << bits;
        Span<byte> last = stackalloc byte[TableSize];
        Span<ushort> previous = stackalloc ushort[TableSize];
        Span<byte> text = stackalloc byte[TableSize + 1];
        int next = clear + 2;
        int size = bits + 1;
        int before = -1;
        byte first = 0;
        Bits input = new(data);
        while (!frame.IsFull)
        {
            int code = input.Next(size);
            if (code < 0 || code == clear + 1)
            {
                throw file.CutShort();
            }

            if (code == clear)
            {
                (next, size, before) = (clear + 2, bits + 1, -1);
                continue;
            }

            if (before < 0)
            {
                if (code > clear)
                {
                    throw Damaged(file);
                }

                (before, first) = (code, (byte)code);
                frame.Add(new ReadOnlySpan<byte>(in first));
                continue;
            }

            if (code > next)
            {
                throw Damaged(file);
            }

            // The text is built from its end.
            int from = text.Length;
            int link = code;
            if (code == next)
            {
                // The code that is about to be made: the text before, and its own first pixel again.
                text[--from] = first;
                link = before;
            }

            while (link >= clear)
            {
                if (from <= 1 || link >= TableSize)
                {
                    throw Damaged(file);
                }

                text[--from] = last[link];
                link = previous[link];
            }

            first = (byte)link;
            text[--from] = first;
            if (next < TableSize)
            {
                last[next] = first;
                previous[next] = (ushort)before;
                if (next == (1 << size) - 1 && size < MostBits)
                {
                    size++;
                }

                next++;
            }

            before = code;
            frame.Add(text[from..]);
        }
    }

    private static InvalidDataException Damaged(EncodedImage file) => file.Damaged("GIF data is damaged");

    /// <summary>Codes of so many bits, the low ones first, from blocks that each begin with their length; an empty block is passed over.</summary>
    private ref struct Bits(ReadOnlySpan<byte> data)
    {
        private readonly ReadOnlySpan<byte> _data = data;
        private int _at;
        private int _block;
        private int _held;
        private int _count;

        /// <summary>Gets the next code, or -1 where a block is not whole.</summary>
        internal int Next(int size)
        {
            while (_count < size)
            {
                if (_block == 0)
                {
                    if (_at >= _data.Length || _at + 1 + _data[_at] > _data.Length)
                    {
                        return -1;
                    }

                    _block = _data[_at++];
                    continue;
                }

                _held |= _data[_at++] << _count;
                _count += 8;
                _block--;
            }

            int code = _held & ((1 << size) - 1);
            _held >>= size;
            _count -= size;
            return code;
        }
    }
}
