using System.Buffers.Binary;

namespace LlavaCuda.Images.Decoding;

/// <summary>
/// Walks through a JPEG file's segments: what decoding it will cost, and whether what follows the last pixel is whole. A decoder that stops at the last row never sees
/// the damage there; Pillow reads on to the end of the image and refuses it.
/// </summary>
internal ref struct JpegMarkers
{
    private const int Soi = 0xD8;
    private const int Eoi = 0xD9;
    private const int Sos = 0xDA;
    private const int Dht = 0xC4;
    private const int Dac = 0xCC;
    private const int Dri = 0xDD;
    private const int BlockBytes = 64 * sizeof(short);

    private readonly EncodedImage _file;
    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;
    private bool _progressive;
    private int _components;
    private int _inFirstScan;
    private int _interval;
    private long _restarts;

    private JpegMarkers(EncodedImage file)
    {
        _file = file;
        _bytes = file.Bytes;
        _at = 2;
    }

    private readonly bool SeveralScans => _progressive || _inFirstScan < _components;

    /// <summary>Whether the bytes begin as a JPEG file does.</summary>
    internal static bool Accepts(ReadOnlySpan<byte> bytes) => bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]);

    /// <summary>Refuses what costs too much or is damaged after its pixels; all else is the decoder's matter.</summary>
    internal static void Check(EncodedImage file) => new JpegMarkers(file).Walk();

    private void Walk()
    {
        int scans = 0;
        long pixels = 0;
        long bytes = 0;
        long units = 0;
        while (Next() is >= 0 and int marker && marker != Eoi)
        {
            bool after = scans > 0 && !SeveralScans;
            if (marker is >= 0xD0 and <= 0xD7)
            {
                _restarts -= _restarts > 0 ? 1 : 0;
                continue;
            }

            // Before a restart that is still to come the decoder passes over markers that are none.
            if (marker < 0xC0 && scans > 0 && (marker == 0x01 || !after || _restarts > 0))
            {
                continue;
            }

            if (marker < 0xC0 || (after && (marker == Soi || !JpegTrailer.Accepts(marker, _bytes[_at..]))))
            {
                throw _file.Damaged(after ? "JPEG data is damaged: what follows the pixels is no part of an image" : "JPEG data is damaged: there is no header");
            }

            if (marker == Soi)
            {
                continue;
            }

            ReadOnlySpan<byte> segment = Segment();
            if (after)
            {
                continue;
            }

            switch (marker)
            {
                case Sos:
                    scans++;
                    _restarts = _interval > 0 ? Math.Max(((units + _interval - 1) / _interval) - 1, 0) : 0;
                    _inFirstScan = scans == 1 && segment.Length > 0 ? segment[0] : _inFirstScan;
                    _file.CheckWork(pixels, scans);
                    if (scans == 1 && SeveralScans)
                    {
                        _file.CheckMemory(bytes, _progressive ? "a progressive JPEG file" : "a JPEG file of several scans");
                    }

                    break;
                case (>= 0xC0 and <= 0xCF) and not (Dht or 0xC8 or Dac):
                    (pixels, bytes, units) = Frame(marker, segment);
                    break;
                case Dri:
                    _interval = segment.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(segment) : _interval;
                    break;
            }
        }
    }

    /// <summary>Reads what a frame's header says: its pixels, the bytes that holding all of its coefficients takes, and the units that restarts count.</summary>
    private (long Pixels, long Bytes, long Units) Frame(int marker, ReadOnlySpan<byte> segment)
    {
        if (segment.Length < 6 || segment.Length < 6 + (segment[5] * 3))
        {
            return (0, 0, 0);
        }

        _progressive = marker is 0xC2 or 0xC6 or 0xCA or 0xCE;
        _components = segment[5];
        long height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        long width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        _file.CheckSize(width, height);
        (int mostX, int mostY) = (1, 1);
        for (int i = 0; i < _components; i++)
        {
            int sampling = segment[7 + (i * 3)];
            (mostX, mostY) = (Math.Max(mostX, sampling >> 4), Math.Max(mostY, sampling & 15));
        }

        long units = (width + (8 * mostX) - 1) / (8 * mostX) * ((height + (8 * mostY) - 1) / (8 * mostY));
        long bytes = width * height * 3;
        for (int i = 0; i < _components; i++)
        {
            int sampling = segment[7 + (i * 3)];
            bytes += units * (sampling >> 4) * (sampling & 15) * BlockBytes;
        }

        return (width * height, bytes, _components == 1 ? (width + 7) / 8 * ((height + 7) / 8) : units);
    }

    /// <summary>Moves behind the next marker and gives it; -1 at the end.</summary>
    private int Next()
    {
        while (true)
        {
            int found = _at >= _bytes.Length ? -1 : _bytes[_at..].IndexOf((byte)0xFF);
            if (found < 0)
            {
                return -1;
            }

            _at += found;
            int fill = _bytes[_at..].IndexOfAnyExcept((byte)0xFF);
            if (fill < 0)
            {
                return -1;
            }

            _at += fill + 1;
            if (_bytes[_at - 1] != 0)
            {
                return _bytes[_at - 1];
            }
        }
    }

    /// <summary>Moves behind a segment and gives what there is of it.</summary>
    private ReadOnlySpan<byte> Segment()
    {
        if (_at + 2 > _bytes.Length)
        {
            _at = _bytes.Length;
            return [];
        }

        int length = Math.Max(BinaryPrimitives.ReadUInt16BigEndian(_bytes[_at..]), (ushort)2);
        ReadOnlySpan<byte> segment = _bytes[(_at + 2)..Math.Min(_at + length, _bytes.Length)];
        _at += length;
        return segment;
    }
}
