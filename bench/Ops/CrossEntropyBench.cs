using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>256 labelled rows over LLaMA's vocabulary: 33 MB of logits.</summary>
public class CrossEntropyBench : OpBench
{
    private Tensor _losses;
    private Tensor _logits;
    private Tensor _labels;

    [GlobalSetup]
    public void Setup()
    {
        _losses = Floats(256);
        _logits = Floats(256, 32_000);
        _labels = Ints([.. Enumerable.Range(0, 256)]);
    }

    [Benchmark]
    public void Forward() => CrossEntropy.Forward(Device, _losses, _logits, _labels);

    [Benchmark]
    public void ForwardBackward() => CrossEntropy.ForwardBackward(Device, _losses, _logits, _labels, 1f / 256);
}
