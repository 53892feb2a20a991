using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>Eight pictures of CLIP's large tower: 38 MB moved.</summary>
public class VisionEmbeddingBench : OpBench
{
    private Tensor _x;
    private Tensor _patches;
    private Tensor _cls;
    private Tensor _positions;

    [GlobalSetup]
    public void Setup()
    {
        _x = Floats(8 * 577, 1024);
        _patches = Floats(8 * 576, 1024);
        _cls = Floats(1024);
        _positions = Floats(577, 1024);
    }

    [Benchmark]
    public void Forward() => VisionEmbedding.Forward(Device, _x, _patches, _cls, _positions);

    [Benchmark]
    public void Backward() => VisionEmbedding.Backward(Device, _patches, _cls, _positions, _x, accumulate: true);
}
