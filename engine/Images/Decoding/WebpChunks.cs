using System.Buffers.Binary;

namespace LlavaCuda.Images.Decoding;

/// <summary>
/// Walks through a WebP file's chunks and refuses what libwebp's demultiplexer, through which Pillow reads, refuses: a file that is cut short anywhere, and parts
/// that do not fit each other. Skia decodes what it can of such files.
/// </summary>
internal ref struct WebpChunks
{
    private const int FileHeaderBytes = 12;
    private const int ChunkHeaderBytes = 8;
    private const uint MostPayload = uint.MaxValue - ChunkHeaderBytes - 1;
    private const int AnimationFlag = 0x02;
    private const int KnownFlags = 0x3E;

    private readonly EncodedImage _file;
    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;

    private WebpChunks(EncodedImage file, ReadOnlySpan<byte> bytes)
    {
        _file = file;
        _bytes = bytes;
        _at = FileHeaderBytes;
    }

    /// <summary>Whether the bytes begin as a WebP file does.</summary>
    internal static bool Accepts(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 16 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8)
        && (bytes[12..].StartsWith("VP8 "u8) || bytes[12..].StartsWith("VP8L"u8) || bytes[12..].StartsWith("VP8X"u8));

    /// <summary>Refuses a file that is not whole, or costs too much.</summary>
    internal static void Check(EncodedImage file)
    {
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(file.Bytes[4..]);
        if (size is < ChunkHeaderBytes or > MostPayload)
        {
            throw file.Damaged("WebP data is damaged: its size is wrong");
        }

        if (size + 8L > file.Bytes.Length)
        {
            throw file.CutShort();
        }

        WebpChunks chunks = new(file, file.Bytes[..(int)(size + 8)]);
        if (file.Bytes[15] == 'X')
        {
            chunks.Extended();
        }
        else
        {
            WebpFrame frame = chunks.Frame() ?? throw chunks.Damaged("there is no image in it");
            chunks.CheckCost(frame.Width, frame.Height, frame);
        }
    }

    private void Extended()
    {
        ReadOnlySpan<byte> header = Chunk(out _);
        if (header.Length < 10)
        {
            throw Damaged("its header is too short");
        }

        int flags = header[0];
        (long width, long height) = (UInt24(header[4..]) + 1, UInt24(header[7..]) + 1);
        if ((flags & ~KnownFlags) != 0 || width * height > uint.MaxValue)
        {
            throw Damaged("its header has flags or sizes that are not known");
        }

        bool animated = (flags & AnimationFlag) != 0;
        bool controlled = false;
        WebpFrame? first = null;
        while (_at < _bytes.Length)
        {
            int start = _at;
            ReadOnlySpan<byte> data = Chunk(out string type);
            switch (type)
            {
                case "VP8 " or "VP8L" or "ALPH":
                    Require(!animated && !controlled && first is null, "there are pixels outside of the animation's frames");
                    _at = start;
                    first = Frame();
                    Require(first is null || (first.Value.Width == width && first.Value.Height == height), "the image is not as large as its header says");
                    break;
                case "ANIM" when !controlled:
                    Require(data.Length >= 6, "the animation's header is too short");
                    controlled = true;
                    break;
                case "ANMF":
                    Require(controlled && data.Length >= 16, "a frame stands before the animation's header");
                    if (animated && new WebpChunks(_file, _bytes[.._at]) { _at = start + ChunkHeaderBytes + 16 }.Frame() is { } frame)
                    {
                        // The pixels' own size counts, not the one in the frame's header.
                        bool fits = (UInt24(data) * 2) + frame.Width <= width && (UInt24(data[3..]) * 2) + frame.Height <= height;
                        Require(fits, "a frame reaches beyond the image");
                        first ??= frame;
                    }

                    break;
                default:
                    // Metadata and what is not known.
                    break;
            }
        }

        if (first is not { } known)
        {
            throw Damaged("there is no image in it");
        }

        CheckCost(width, height, known);
    }

    /// <summary>Reads an image's chunks: its alpha channel, where it has one of its own, and its pixels; null where there are none.</summary>
    private WebpFrame? Frame()
    {
        bool alpha = false;
        while (_at < _bytes.Length)
        {
            ReadOnlySpan<byte> data = Chunk(out string type);
            switch (type)
            {
                case "ALPH":
                    Require(!alpha, "an image has two alpha channels");
                    alpha = true;
                    break;
                case "VP8 ":
                    if (data.Length < 10 || data[3] != 0x9D || data[4] != 0x01 || data[5] != 0x2A)
                    {
                        throw Damaged("an image has no header");
                    }

                    return new WebpFrame(
                        BinaryPrimitives.ReadUInt16LittleEndian(data[6..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(data[8..]) & 0x3FFF, alpha, Lossless: false);
                case "VP8L":
                    Require(!alpha, "a lossless image has an alpha channel beside it");
                    if (data.Length < 5 || data[0] != 0x2F || data[4] >> 5 != 0)
                    {
                        throw Damaged("an image has no header");
                    }

                    uint bits = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
                    return new WebpFrame((int)(bits & 0x3FFF) + 1, (int)((bits >> 14) & 0x3FFF) + 1, Alpha: false, Lossless: true);
                default:
                    return null;
            }
        }

        return null;
    }

    /// <summary>Moves behind a chunk and gives its data, which are padded to an even length in the file.</summary>
    private ReadOnlySpan<byte> Chunk(out string type)
    {
        if (_at + ChunkHeaderBytes > _bytes.Length)
        {
            throw _file.CutShort();
        }

        type = PngChunks.Name(_bytes[_at..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(_at + 4)..]);
        _at += ChunkHeaderBytes;
        if (size + (size & 1) > _bytes.Length - _at)
        {
            throw _file.CutShort();
        }

        ReadOnlySpan<byte> data = _bytes.Slice(_at, (int)size);
        _at += (int)(size + (size & 1));
        return data;
    }

    /// <summary>The decoder holds four bytes a pixel beside those that it gives, of lossy images only those of an alpha channel.</summary>
    private readonly void CheckCost(long width, long height, WebpFrame frame)
    {
        _file.CheckSize(width, height);
        long given = 4 * width * height;
        long held = (frame.Lossless ? 4L : frame.Alpha ? 5 : 0) * frame.Width * frame.Height;
        _file.CheckMemory(Math.Max(given + held, given + (3 * width * height)), frame.Lossless ? "a lossless WebP file" : "a WebP file");
    }

    private readonly void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw Damaged(what);
        }
    }

    private readonly InvalidDataException Damaged(string what) => _file.Damaged($"WebP data is damaged: {what}");

    private static int UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);

    /// <summary>An image within a WebP file.</summary>
    private readonly record struct WebpFrame(int Width, int Height, bool Alpha, bool Lossless);
}
