using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using LlavaCuda.Formats;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// The directory of a zip archive of stored entries, with the 64-bit records of archives over 4 GB. PyTorch never compresses, so every
/// entry is a range of the file, which
/// the framework's reader would not tell.
/// </summary>
internal sealed class ZipDirectory
{
    private const uint LocalSignature = 0x04034b50, EntrySignature = 0x02014b50, EndSignature = 0x06054b50, End64Signature = 0x06064b50, Locator64Signature = 0x07064b50;
    private const int EndLength = 22, Locator64Length = 20, End64Length = 56, EntryLength = 46, LocalLength = 30, LongestComment = ushort.MaxValue;
    private const int Extra64 = 1;
    private readonly Dictionary<string, ZipEntry> _entries = new(StringComparer.Ordinal);
    private readonly MappedFile _file;

    private ZipDirectory(MappedFile file) => _file = file;

    internal IEnumerable<string> Names => _entries.Keys;

    internal ZipEntry this[string name] =>
        TryGet(name, out ZipEntry? entry) ? entry : throw _file.Bad($"the archive lacks {Quoted.Name(name)}.");

    internal static bool IsZip(MappedFile file) => file.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(file.Span(0, 4)) is LocalSignature or EndSignature;

    internal static ZipDirectory Read(MappedFile file)
    {
        ZipDirectory directory = new(file);
        (long offset, long count) = directory.FindEntries();
        for (long i = 0; i < count; i++)
        {
            offset = directory.ReadEntry(offset);
        }

        return directory;
    }

    internal bool TryGet(string name, [NotNullWhen(true)] out ZipEntry? entry) => _entries.TryGetValue(name, out entry);

    private (long Offset, long Count) FindEntries()
    {
        for (long at = _file.Length - EndLength; at >= Math.Max(0, _file.Length - EndLength - LongestComment); at--)
        {
            if (UInt32(at) != EndSignature || UInt16(at + 20) != _file.Length - at - EndLength)
            {
                continue;
            }

            if (at < Locator64Length || UInt32(at - Locator64Length) != Locator64Signature)
            {
                return (UInt32(at + 16), UInt16(at + 10));
            }

            long end = Int64(at - Locator64Length + 8);
            return end <= at - End64Length && UInt32(end) == End64Signature ? (Int64(end + 48), Int64(end + 32)) : throw Damaged("its 64-bit directory");
        }

        throw _file.Bad("begins like a zip archive, but has no directory at its end: the file is truncated.");
    }

    private long ReadEntry(long at)
    {
        if (UInt32(at) != EntrySignature)
        {
            throw Damaged("its directory");
        }

        int nameLength = UInt16(at + 28), extraLength = UInt16(at + 30), commentLength = UInt16(at + 32);
        string name = Encoding.UTF8.GetString(_file.Span(Within(at + EntryLength, nameLength), nameLength));
        long packed = UInt32(at + 20), length = UInt32(at + 24), local = UInt32(at + 42);
        long extra = at + EntryLength + nameLength, next = extra + extraLength;
        while (next - extra >= 4)
        {
            long value = extra + 4;
            extra = value + UInt16(extra + 2);
            if (UInt16(value - 4) == Extra64)
            {
                Take64(ref length, ref value, extra);
                Take64(ref packed, ref value, extra);
                Take64(ref local, ref value, extra);
            }
        }

        if (UInt16(at + 10) != 0 || (UInt16(at + 8) & 1) != 0 || packed != length)
        {
            throw _file.Bad($"entry {Quoted.Name(name)} is compressed or encrypted; PyTorch stores its entries as they are.");
        }

        if (UInt32(local) != LocalSignature)
        {
            throw Damaged($"entry {Quoted.Name(name)}");
        }

        long data = local + LocalLength + UInt16(local + 26) + UInt16(local + 28);
        if (!_entries.TryAdd(name, new ZipEntry(_file, name, Within(data, length), length, UInt32(at + 16))))
        {
            throw _file.Bad($"has entry {Quoted.Name(name)} twice.");
        }

        return next + commentLength;
    }

    // A 32-bit field of all ones says that the value follows in the extra field.
    private void Take64(ref long field, ref long at, long end)
    {
        if (field == uint.MaxValue && end - at >= 8)
        {
            field = Int64(at);
            at += 8;
        }
    }

    private long Within(long offset, long length) => offset >= 0 && length >= 0 && offset <= _file.Length - length ? offset : throw Damaged("an entry");

    private ushort UInt16(long at) => BinaryPrimitives.ReadUInt16LittleEndian(_file.Span(Within(at, 2), 2));

    private uint UInt32(long at) => BinaryPrimitives.ReadUInt32LittleEndian(_file.Span(Within(at, 4), 4));

    private long Int64(long at) => BinaryPrimitives.ReadInt64LittleEndian(_file.Span(Within(at, 8), 8));

    private InvalidDataException Damaged(string what) => _file.Bad($"the zip archive is damaged: {what} lies outside the file or is none.");
}
