namespace LlavaCuda.Images.Decoding;

/// <summary>Places a frame's pixels, which come in the order of the file, in the indices of the whole image.</summary>
internal struct GifFrame(byte[] indices, int stride, int left, int top, int columns, int rows, bool interlaced)
{
    // An interlaced frame comes as every 8th row, every 8th from the 4th, every 4th from the 2nd, every 2nd from the 1st.
    private int _pass = interlaced ? 0 : 4;
    private int _row;
    private int _column;

    /// <summary>Gets a value indicating whether all pixels are placed.</summary>
    internal bool IsFull { get; private set; }

    /// <summary>Places pixels; those beyond the last are dropped.</summary>
    internal void Add(ReadOnlySpan<byte> pixels)
    {
        while (pixels.Length > 0 && !IsFull)
        {
            int count = Math.Min(pixels.Length, columns - _column);
            pixels[..count].CopyTo(indices.AsSpan(((top + _row) * stride) + left + _column));
            pixels = pixels[count..];
            _column += count;
            if (_column == columns)
            {
                NextRow();
            }
        }
    }

    private void NextRow()
    {
        _column = 0;
        _row += _pass switch { 0 or 1 => 8, 2 => 4, 3 => 2, _ => 1 };
        while (_row >= rows && !IsFull)
        {
            IsFull = _pass >= 3;
            _pass++;
            _row = _pass switch { 1 => 4, 2 => 2, _ => 1 };
        }
    }
}
