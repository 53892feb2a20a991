using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>2048 rows of 2048, 16 MB a matrix: forward moves two of them (four with the sum), backward four.</summary>
public class LayerNormBench : OpBench
{
    private const int Rows = 2048;
    private const int Width = 2048;
    private Tensor _y;
    private Tensor _sum;
    private Tensor _x;
    private Tensor _delta;
    private Tensor _mean;
    private Tensor _rstd;
    private Tensor _w;
    private Tensor _b;
    private Tensor _dw;
    private Tensor _db;

    [GlobalSetup]
    public void Setup()
    {
        _y = Floats(Rows, Width);
        _sum = Floats(Rows, Width);
        _x = Floats(Rows, Width);
        _delta = Floats(Rows, Width);
        _mean = Floats(Rows);
        _rstd = Floats(Rows);
        _w = Floats(Width);
        _b = Floats(Width);
        _dw = Floats(Width);
        _db = Floats(Width);
    }

    [Benchmark]
    public void Forward() => LayerNorm.Forward(Device, _y, _mean, _rstd, default, _x, default, _w, _b, 1e-5f);

    [Benchmark]
    public void ForwardWithSum() => LayerNorm.Forward(Device, _y, _mean, _rstd, _sum, _x, _delta, _w, _b, 1e-5f);

    [Benchmark]
    public void Backward() => LayerNorm.Backward(Device, _sum, _dw, _db, default, _delta, _x, _mean, _rstd, _w, _b, accumulate: true);
}
