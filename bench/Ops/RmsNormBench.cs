using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>2048 rows of 2048, 16 MB a matrix: forward moves two of them (four with the sum), backward four.</summary>
public class RmsNormBench : OpBench
{
    private const int Rows = 2048;
    private const int Width = 2048;
    private Tensor _y;
    private Tensor _sum;
    private Tensor _x;
    private Tensor _delta;
    private Tensor _rstd;
    private Tensor _w;
    private Tensor _dw;

    [GlobalSetup]
    public void Setup()
    {
        _y = Floats(Rows, Width);
        _sum = Floats(Rows, Width);
        _x = Floats(Rows, Width);
        _delta = Floats(Rows, Width);
        _rstd = Floats(Rows);
        _w = Floats(Width);
        _dw = Floats(Width);
    }

    [Benchmark]
    public void Forward() => RmsNorm.Forward(Device, _y, _rstd, default, _x, default, _w, 1e-5f);

    [Benchmark]
    public void ForwardWithSum() => RmsNorm.Forward(Device, _y, _rstd, _sum, _x, _delta, _w, 1e-5f);

    [Benchmark]
    public void BackwardFrozen() => RmsNorm.Backward(Device, _sum, default, default, _delta, _x, _rstd, _w, accumulate: false);

    [Benchmark]
    public void Backward() => RmsNorm.Backward(Device, _sum, _dw, default, _delta, _x, _rstd, _w, accumulate: true);
}
