namespace LlavaCuda.Images.Decoding;

/// <summary>TIFF's variable-length codes: high bits first, and longer one code early.</summary>
/// <param name="source">The compressed bytes.</param>
internal sealed class TiffLzw(Stream source) : ReadOnlyStream
{
    private const int Clear = 256;
    private const int End = 257;
    private const int FirstFree = 258;
    private const int LeastBits = 9;
    private const int MostBits = 12;
    private const int TableSize = 1 << MostBits;
    private const int Cleared = -1;
    private const int Unstarted = -2;

    private readonly ushort[] _previous = new ushort[TableSize];
    private readonly byte[] _last = new byte[TableSize];
    private readonly byte[] _text = new byte[TableSize + 1];
    private int _pending = TableSize + 1;
    private int _next = FirstFree;
    private int _bits = LeastBits;
    private int _before = Unstarted;
    private byte _first;
    private int _held;
    private int _count;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">A code has no meaning yet, or the table is not cleared first.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_pending == _text.Length && !NextText())
        {
            return 0;
        }

        int count = Math.Min(buffer.Length, _text.Length - _pending);
        _text.AsSpan(_pending, count).CopyTo(buffer);
        _pending += count;
        return count;
    }

    private bool NextText()
    {
        int code = NextCode();
        while (code == Clear)
        {
            (_next, _bits, _before) = (FirstFree, LeastBits, Cleared);
            code = NextCode();
        }

        if (code is < 0 or End)
        {
            return false;
        }

        if (_before == Unstarted || code > _next || (_before == Cleared && code > 255) || (code == _next && _next == TableSize))
        {
            throw new InvalidDataException();
        }

        int link = code;
        if (code == _next)
        {
            // The code that is about to be made: the text before, and its own first byte again.
            _text[--_pending] = _first;
            link = _before;
        }

        while (link > 255)
        {
            _text[--_pending] = _last[link];
            link = _previous[link];
        }

        _first = (byte)link;
        _text[--_pending] = _first;
        if (_before >= 0 && _next < TableSize)
        {
            _last[_next] = _first;
            _previous[_next] = (ushort)_before;
            _next++;
            _bits += _next == (1 << _bits) - 1 && _bits < MostBits ? 1 : 0;
        }

        _before = code;
        return true;
    }

    private int NextCode()
    {
        while (_count < _bits)
        {
            int value = source.ReadByte();
            if (value < 0)
            {
                return -1;
            }

            _held = (_held << 8) | value;
            _count += 8;
        }

        _count -= _bits;
        int code = (_held >> _count) & ((1 << _bits) - 1);
        _held &= (1 << _count) - 1;
        return code;
    }
}
