using BenchmarkDotNet.Attributes;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>A step of 16 Mi weights: 28 bytes of traffic each, 470 MB.</summary>
public class AdamWBench : OpBench
{
    private const int Count = 1 << 24;
    private Tensor _values;
    private Tensor _first;
    private Tensor _second;
    private Tensor _gradients;
    private Tensor _norm;

    [GlobalSetup]
    public void Setup()
    {
        _values = Floats(Count);
        _first = Floats(Count);
        _second = Floats(Count);
        _gradients = Floats(Count);
        _norm = Floats(2);
        Fill.Forward(Device, _second, 1);
        Fill.Forward(Device, _norm, 1);
    }

    [Benchmark]
    public void Update() => AdamW.Update(
        Device, _values, default, _first, _second, _gradients, _norm, [new(0, Count, 1e-6f, 0)], new AdamWStep(0.9f, 0.999f, 1e-8f, 10));
}
