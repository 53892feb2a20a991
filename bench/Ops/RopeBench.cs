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
        _rotary = Angles(0, Rows, Shape.HeadSize);
    }

    [Benchmark]
    public void Forward() => Rope.Forward(Device, _qkv, _rotary, Shape);
}
