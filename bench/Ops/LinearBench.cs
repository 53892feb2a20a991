using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>512 rows of 1024 to 4096: 4.3 GFLOP a product; and one row, as in generation: 17 MB of weights read.</summary>
public class LinearBench : OpBench
{
    private Tensor _y;
    private Tensor _x;
    private Tensor _w;
    private Tensor _bias;
    private Tensor _dw;
    private Tensor _row;
    private Tensor _rowOutput;

    [GlobalSetup]
    public void Setup()
    {
        _y = Floats(512, 4096);
        _x = Floats(512, 1024);
        _w = Floats(4096, 1024);
        _bias = Floats(4096);
        _dw = Floats(4096, 1024);
        _row = Floats(1, 1024);
        _rowOutput = Floats(1, 4096);
    }

    [Benchmark]
    public void Forward() => Linear.Forward(Device, _y, _x, _w, _bias);

    [Benchmark]
    public void ForwardOneRow() => Linear.Forward(Device, _rowOutput, _row, _w, _bias);

    [Benchmark]
    public void BackwardInput() => Linear.BackwardInput(Device, _x, _y, _w);

    [Benchmark]
    public void BackwardWeight() => Linear.BackwardWeight(Device, _dw, _y, _x, accumulate: true);
}
