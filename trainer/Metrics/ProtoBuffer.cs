using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace LlavaCuda.Trainer.Metrics;

/// <summary>Bytes of one protocol buffers message; the few kinds of fields that TensorBoard's events have.</summary>
internal sealed class ProtoBuffer
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    internal ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    internal ProtoBuffer Clear()
    {
        _bytes.ResetWrittenCount();
        return this;
    }

    /// <summary>Wire type 0: seven bits a byte, lowest first.</summary>
    internal ProtoBuffer Integer(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
        return this;
    }

    /// <summary>Wire type 1.</summary>
    internal ProtoBuffer Double(int field, double value)
    {
        Varint(((ulong)field << 3) | 1);
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(sizeof(double)), value);
        _bytes.Advance(sizeof(double));
        return this;
    }

    /// <summary>Wire type 5.</summary>
    internal ProtoBuffer Single(int field, float value)
    {
        Varint(((ulong)field << 3) | 5);
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(sizeof(float)), value);
        _bytes.Advance(sizeof(float));
        return this;
    }

    /// <summary>Wire type 2: text, as UTF-8.</summary>
    internal ProtoBuffer Text(int field, string value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, _bytes);
        return this;
    }

    /// <summary>Wire type 2: a message within this one.</summary>
    internal ProtoBuffer Message(int field, ProtoBuffer message)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)message.Bytes.Length);
        _bytes.Write(message.Bytes);
        return this;
    }

    private void Varint(ulong value)
    {
        Span<byte> bytes = _bytes.GetSpan(10);
        int count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            bytes[count++] = (byte)(value | 0x80);
        }

        bytes[count++] = (byte)value;
        _bytes.Advance(count);
    }
}
