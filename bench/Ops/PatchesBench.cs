using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>Eight pictures of CLIP's large tower, 336 pixels in patches of 14.</summary>
public class PatchesBench : OpBench
{
    private Tensor _columns;
    private Tensor _pixels;

    [GlobalSetup]
    public void Setup()
    {
        _columns = Floats(8 * 576, 592);
        _pixels = Floats(8, 3, 336, 336);
    }

    [Benchmark]
    public void Forward() => Patches.Forward(Device, _columns, _pixels, 14);
}
