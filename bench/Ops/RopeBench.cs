using BenchmarkDotNet.Attributes;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>Rotation of 2048 rows of 16 heads of 128: 50 MB, of which two thirds are read and written.</summary>
public class RopeBench : OpBench
{
    private const int Rows = 2048;
    private static readonly AttentionShape Shape = new(16, 16, 128, Causal: true);
    private Tensor _qkv;
    private Rotary _rotary;

    [GlobalSetup]
    public void Setup()
    {
        _qkv = Floats(Rows, Shape.QkvSize);
        float[] cos = new float[Rows * Shape.HeadSize / 2];
        float[] sin = new float[cos.Length];
        Rope.FillTable(cos, sin, Shape.HeadSize, 10000);
        _rotary = new Rotary(Floats(Rows, Shape.HeadSize / 2), Floats(Rows, Shape.HeadSize / 2), Ints([.. Enumerable.Range(0, Rows)]));
        Device.CopyFromHost<float>(_rotary.Cos, cos);
        Device.CopyFromHost<float>(_rotary.Sin, sin);
    }

    [Benchmark]
    public void Forward() => Rope.Forward(Device, _qkv, _rotary, Shape);
}
