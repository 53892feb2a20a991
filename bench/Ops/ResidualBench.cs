using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>2048 rows of 2048: 50 MB moved.</summary>
public class ResidualBench : OpBench
{
    private Tensor _x;
    private Tensor _delta;

    [GlobalSetup]
    public void Setup()
    {
        _x = Floats(2048, 2048);
        _delta = Floats(2048, 2048);
    }

    [Benchmark]
    public void Add() => Residual.Add(Device, _x, _delta);
}
