using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>1024 rows of 4096, 17 MB a matrix: forward moves two of them, backward three.</summary>
public class GeluBench : OpBench
{
    private Tensor _y;
    private Tensor _dy;
    private Tensor _x;

    [GlobalSetup]
    public void Setup()
    {
        _y = Floats(1024, 4096);
        _dy = Floats(1024, 4096);
        _x = Floats(1024, 4096);
    }

    [Benchmark]
    public void Forward() => Gelu.Forward(Device, _y, _x);

    [Benchmark]
    public void Backward() => Gelu.Backward(Device, _y, _dy, _x);
}
