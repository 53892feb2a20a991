using System.IO.Hashing;
using LlavaCuda.Formats;

namespace LlavaCuda.Checkpoints;

/// <summary>A stored entry of a zip archive: a range of the file, and the CRC-32 that it must have.</summary>
internal sealed class ZipEntry(MappedFile file, string name, long offset, long length, uint checksum)
{
    private const int ChunkBytes = 1 << 24;
    private readonly Lock _gate = new();
    private bool _isChecked;

    internal long Offset { get; } = offset;

    internal long Length { get; } = length;

    /// <summary>Computes the checksum, once; 0 is that of writers that compute none, as PyTorch can be told.</summary>
    /// <exception cref="InvalidDataException">It is another.</exception>
    internal void Check()
    {
        lock (_gate)
        {
            if (_isChecked || checksum == 0)
            {
                return;
            }

            Crc32 crc = new();
            for (long at = 0; at < Length; at += ChunkBytes)
            {
                crc.Append(file.Span(Offset + at, (int)Math.Min(ChunkBytes, Length - at)));
            }

            uint found = crc.GetCurrentHashAsUInt32();
            _isChecked = found == checksum ? true
                : throw file.Bad($"entry {Quoted.Name(name)} is damaged: its CRC-32 is {found:x8}; expected {checksum:x8}.");
        }
    }
}
