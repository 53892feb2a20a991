using System.Buffers.Binary;
using System.Text;

namespace LlavaCuda.Trainer.Generating;

/// <summary>Holds many short texts in few large blocks, as UTF-8: a million captions take what their letters take.</summary>
internal sealed class TextPool
{
    private const int BlockBytes = 1 << 20;
    private const int Prefix = sizeof(int);
    private readonly List<byte[]> _blocks = [];
    private int _used = BlockBytes;

    /// <summary>Keeps a text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Where it is.</returns>
    internal long Add(string text)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        if (_used + Prefix + bytes > BlockBytes)
        {
            _blocks.Add(new byte[Math.Max(BlockBytes, Prefix + bytes)]);
            _used = 0;
        }

        int at = _used;
        Span<byte> place = _blocks[^1].AsSpan(at);
        BinaryPrimitives.WriteInt32LittleEndian(place, bytes);
        Encoding.UTF8.GetBytes(text, place[Prefix..]);
        _used += Prefix + bytes;
        return ((long)(_blocks.Count - 1) << 32) | (uint)at;
    }

    /// <summary>Gets a text.</summary>
    /// <param name="place">What <see cref="Add"/> returned.</param>
    internal string Get(long place)
    {
        ReadOnlySpan<byte> from = _blocks[(int)(place >> 32)].AsSpan((int)place);
        return Encoding.UTF8.GetString(from.Slice(Prefix, BinaryPrimitives.ReadInt32LittleEndian(from)));
    }
}
