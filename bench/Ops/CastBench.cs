using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>67 MB of single precision and 34 MB of bf16, read and written.</summary>
public class CastBench : OpBench
{
    private Tensor _wide;
    private Tensor _narrow;

    [GlobalSetup]
    public void Setup()
    {
        _wide = Floats(1 << 24);
        _narrow = Allocate(DType.BF16, [1 << 24]);
    }

    [Benchmark]
    public void Narrow() => Cast.Forward(Device, _narrow, _wide);

    [Benchmark]
    public void Widen() => Cast.Forward(Device, _wide, _narrow);
}
