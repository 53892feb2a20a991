using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>The norm of 16 Mi gradients: 64 MB read.</summary>
public class GradientNormBench : OpBench
{
    private Tensor _result;
    private Tensor _gradients;

    [GlobalSetup]
    public void Setup()
    {
        _result = Floats(2);
        _gradients = Floats(1 << 24);
    }

    [Benchmark]
    public void Forward() => GradientNorm.Forward(Device, _result, _gradients, 1);
}
