using BenchmarkDotNet.Attributes;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>A device and its tensors for the benchmark of an op. Every op must report no allocation.</summary>
[MemoryDiagnoser]
public abstract class OpBench
{
    private readonly List<DeviceMemory> _memory = [];

    protected Device Device { get; } = new CpuDevice();

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (DeviceMemory memory in _memory)
        {
            memory.Dispose();
        }

        _memory.Clear();
        Device.Dispose();
    }

    /// <summary>Reproducible numbers between −1 and 1.</summary>
    protected Tensor Floats(params ReadOnlySpan<long> extents)
    {
        Tensor tensor = Allocate(DType.F32, extents);
        float[] values = new float[tensor.Count];
        Random random = new(values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (2 * random.NextSingle()) - 1;
        }

        Device.CopyFromHost<float>(tensor, values);
        return tensor;
    }

    protected Tensor Ints(params ReadOnlySpan<int> values)
    {
        Tensor tensor = Allocate(DType.I32, [values.Length]);
        Device.CopyFromHost(tensor, values);
        return tensor;
    }

    /// <summary>The angles of some rows of a sequence.</summary>
    protected Rotary Angles(int first, int rows, int headSize)
    {
        float[] cos = new float[(first + rows) * headSize / 2];
        float[] sin = new float[cos.Length];
        Rope.FillTable(cos, sin, headSize, 10000);
        Rotary rotary = new(Allocate(DType.F32, [first + rows, headSize / 2]), Allocate(DType.F32, [first + rows, headSize / 2]), Ints([.. Enumerable.Range(first, rows)]));
        Device.CopyFromHost<float>(rotary.Cos, cos);
        Device.CopyFromHost<float>(rotary.Sin, sin);
        return rotary;
    }

    protected Tensor Draws(params ReadOnlySpan<TokenDraw> values)
    {
        Tensor tensor = Allocate(DType.F64, [values.Length, TokenDraw.Width]);
        Device.CopyFromHost(tensor, values);
        return tensor;
    }

    protected Tensor Allocate(DType type, ReadOnlySpan<long> extents)
    {
        Shape shape = new(extents);
        DeviceMemory memory = Device.Allocate(shape.Count * type.Size(), "a benchmark");
        _memory.Add(memory);
        return new Tensor(memory.Address, type, shape);
    }
}
