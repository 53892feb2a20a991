using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>67 MB read and written.</summary>
public class MoveBench : OpBench
{
    private Tensor _x;
    private Tensor _y;

    [GlobalSetup]
    public void Setup()
    {
        _x = Floats(1 << 24);
        _y = Floats(1 << 24);
    }

    [Benchmark]
    public void Forward() => Move.Forward(Device, _y, _x);
}
