using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Checkpoints;

/// <summary>A matrix of a device with further rows below it, each the mean of its own.</summary>
internal sealed class ExtendedRows : TensorSource
{
    private const int ChunkRows = 256;
    private readonly TensorSource _rows;
    private readonly byte[] _mean;

    internal ExtendedRows(string name, Device device, Tensor matrix, long rows)
        : base(name, matrix.Type, new Shape(rows, matrix.Width))
    {
        _rows = FromDevice(name, device, matrix);
        _mean = Mean();
    }

    public override void Read(long start, Span<byte> destination)
    {
        int size = Type.Size();
        long own = Math.Clamp(_rows.Shape.Count - start, 0, destination.Length / size);
        if (own > 0)
        {
            _rows.Read(start, destination[..(int)(own * size)]);
        }

        for (int at = (int)own * size; at < destination.Length;)
        {
            int column = (int)((start + (at / size)) % Shape[1]) * size;
            int count = Math.Min(_mean.Length - column, destination.Length - at);
            _mean.AsSpan(column, count).CopyTo(destination[at..]);
            at += count;
        }
    }

    private byte[] Mean()
    {
        int width = (int)Shape[1];
        double[] sum = new double[width];
        byte[] read = new byte[ChunkRows * width * Type.Size()];
        float[] values = new float[ChunkRows * width];
        for (long row = 0; row < _rows.Shape[0]; row += ChunkRows)
        {
            int count = (int)Math.Min(ChunkRows, _rows.Shape[0] - row) * width;
            _rows.Read(row * width, read.AsSpan(0, count * Type.Size()));
            Elements.Convert(read.AsSpan(0, count * Type.Size()), Type, MemoryMarshal.AsBytes(values.AsSpan(0, count)), DType.F32);
            for (int i = 0; i < count; i++)
            {
                sum[i % width] += values[i];
            }
        }

        float[] mean = Array.ConvertAll(sum, total => (float)(total / _rows.Shape[0]));
        byte[] stored = new byte[width * Type.Size()];
        Elements.Convert(MemoryMarshal.AsBytes(mean.AsSpan()), DType.F32, stored, Type);
        return stored;
    }
}
