using System.IO.Hashing;

namespace LlavaCuda.Formats;

/// <summary>Passes what is written on to another stream and computes its checksum on the way.</summary>
internal sealed class ChecksumStream(Stream inner) : Stream
{
    private readonly XxHash128 _hash = new();

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => inner.Length;

    /// <inheritdoc/>
    public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

    /// <summary>Gets the checksum of all that was written so far.</summary>
    internal string Checksum => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>Computes the checksum of a file.</summary>
    internal static string Of(string path)
    {
        using FileStream file = RegularFile.OpenRead(path);
        XxHash128 hash = new();
        hash.Append(file);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>Computes the checksum of bytes.</summary>
    internal static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(XxHash128.Hash(bytes));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        _hash.Append(buffer);
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
