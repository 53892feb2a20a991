using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>67 MB written.</summary>
public class FillBench : OpBench
{
    private Tensor _x;

    [GlobalSetup]
    public void Setup()
    {
        _x = Floats(1 << 24);
    }

    [Benchmark]
    public void Forward() => Fill.Forward(Device, _x, 0);
}
