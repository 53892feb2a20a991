using System.Buffers;
using System.Text;
using System.Text.Unicode;
using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// The stretch of a data file that is in memory: it grows at its end a block at a time and gives up at its start what has been read. Only
/// whole, valid UTF-8 characters become visible, so that nothing above depends on where a block ends.
/// </summary>
internal sealed class DataWindow : IDisposable
{
    internal const int DefaultBlock = 1 << 18;
    private const int LongestMark = 4;
    private readonly string _path;
    private readonly FileStream _file;
    private readonly int _block;
    private byte[] _bytes;
    private int _start;
    private int _end;
    private int _loaded;
    private long _linesBefore;
    private bool _isBroken;

    /// <summary>Opens a file and looks at how it begins.</summary>
    /// <param name="path">The file.</param>
    /// <param name="block">The most bytes that are read at a time.</param>
    /// <exception cref="InvalidDataException">It is not a regular file, is empty, or does not begin like UTF-8 text.</exception>
    internal DataWindow(string path, int block = DefaultBlock)
    {
        _path = path;
        _block = block;
        _bytes = new byte[Math.Max(block, LongestMark)];
        _file = RegularFile.OpenRead(path);
        try
        {
            _loaded = _file.ReadAtLeast(_bytes.AsSpan(0, LongestMark), LongestMark, throwOnEndOfStream: false);
            if (ForeignKind(_bytes.AsSpan(0, _loaded)) is { } kind)
            {
                throw new InvalidDataException($"{path} is {kind}; expected JSON in UTF-8.");
            }

            _start = _end = _bytes.AsSpan(0, _loaded).StartsWith("\uFEFF"u8) ? 3 : 0;
            Accept(isLast: false);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Gets the bytes that are in memory, up to the last whole character.</summary>
    internal ReadOnlySpan<byte> Rest => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Gets a value indicating whether the file has no more.</summary>
    internal bool IsFinal { get; private set; }

    /// <summary>Gets a value indicating whether <see cref="Rest"/> begins where a line does.</summary>
    internal bool BeginsLine { get; private set; } = true;

    public void Dispose() => _file.Dispose();

    /// <summary>Appends the next block; what is in memory keeps its place in <see cref="Rest"/>.</summary>
    /// <returns>False if the file has no more.</returns>
    /// <exception cref="InvalidDataException">A byte is not UTF-8.</exception>
    internal bool Fill() => _isBroken
        ? throw new InvalidDataException($"{_path}: line {LineAt(Rest.Length)}: byte 0x{_bytes[_end]:x2} is not valid UTF-8.")
        : TryFill();

    /// <summary>As <see cref="Fill"/>, but ends at a byte that is not UTF-8 as at the end of the file.</summary>
    internal bool TryFill()
    {
        if (IsFinal || _isBroken)
        {
            return false;
        }

        _bytes.AsSpan(_start, _loaded - _start).CopyTo(_bytes);
        (_end, _loaded, _start) = (_end - _start, _loaded - _start, 0);
        if (_loaded == _bytes.Length)
        {
            Array.Resize(ref _bytes, checked(2 * _bytes.Length));
        }

        int read = _file.Read(_bytes, _loaded, Math.Min(_block, _bytes.Length - _loaded));
        _loaded += read;
        Accept(isLast: read == 0);
        return true;
    }

    /// <summary>Gives up bytes at the start.</summary>
    internal void Consume(int count)
    {
        BeginsLine = count == 0 ? BeginsLine : Rest[count - 1] == '\n';
        _linesBefore += Rest[..count].Count((byte)'\n');
        _start += count;
    }

    /// <summary>Takes bytes out of the middle; lines in them count as before the window.</summary>
    internal void Cut(int at, int count)
    {
        BeginsLine = at > 0 || count == 0 ? BeginsLine : Rest[count - 1] == '\n';
        _linesBefore += Rest.Slice(at, count).Count((byte)'\n');
        int from = _start + at + count;
        _bytes.AsSpan(from, _loaded - from).CopyTo(_bytes.AsSpan(from - count));
        _end -= count;
        _loaded -= count;
    }

    /// <summary>The line of a byte, counted from 1.</summary>
    internal long LineAt(int at) => 1 + _linesBefore + Rest[..at].Count((byte)'\n');

    private static string? ForeignKind(ReadOnlySpan<byte> head) => head switch
    {
        [0xff, 0xfe, ..] or [0xfe, 0xff, ..] or [0, ..] or [_, 0, ..] => "UTF-16 or UTF-32",
        [0x1f, 0x8b, ..] => "compressed (gzip)",
        [0x28, 0xb5, 0x2f, 0xfd] => "compressed (zstd)",
        [(byte)'P', (byte)'K', 3 or 5, _] => "a zip archive",
        [(byte)'P', (byte)'A', (byte)'R', (byte)'1'] => "a Parquet file",
        _ => null,
    };

    private void Accept(bool isLast)
    {
        ReadOnlySpan<byte> fresh = _bytes.AsSpan(_end, _loaded - _end);
        int whole = isLast ? fresh.Length : WithoutUnfinished(fresh);
        _isBroken = !Utf8.IsValid(fresh[..whole]);
        _end += _isBroken ? ValidLength(fresh[..whole]) : whole;
        IsFinal = isLast && !_isBroken;
    }

    // The length up to a character whose last bytes are still to come.
    private static int WithoutUnfinished(ReadOnlySpan<byte> text)
    {
        for (int back = 1; back <= Math.Min(3, text.Length); back++)
        {
            byte value = text[^back];
            if (value is < 0x80 or >= 0xc0)
            {
                int length = value switch { >= 0xf0 => 4, >= 0xe0 => 3, >= 0xc0 => 2, _ => 1 };
                return length > back ? text.Length - back : text.Length;
            }
        }

        return text.Length;
    }

    private static int ValidLength(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out _, out int length) == OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }
}
