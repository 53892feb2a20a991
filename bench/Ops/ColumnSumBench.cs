using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>2048 rows of 4096: 34 MB read.</summary>
public class ColumnSumBench : OpBench
{
    private Tensor _db;
    private Tensor _dy;

    [GlobalSetup]
    public void Setup()
    {
        _db = Floats(4096);
        _dy = Floats(2048, 4096);
    }

    [Benchmark]
    public void Backward() => ColumnSum.Backward(Device, _db, _dy, accumulate: true);
}
