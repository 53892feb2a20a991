using BenchmarkDotNet.Attributes;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>2048 rows of 2048 from a table of 32000, 262 MB; each token twice.</summary>
public class EmbeddingBench : OpBench
{
    private const int Rows = 2048;
    private const int Width = 2048;
    private Tensor _x;
    private Tensor _table;
    private Tensor _source;
    private Tensor _ids;
    private Tensor _starts;
    private Tensor _rows;

    [GlobalSetup]
    public void Setup()
    {
        _x = Floats(Rows, Width);
        _table = Floats(32_000, Width);
        _source = Ints([.. Enumerable.Range(0, Rows).Select(row => row / 2 * 31)]);
        _ids = Ints([.. Enumerable.Range(0, Rows / 2).Select(i => i * 31)]);
        _starts = Ints([.. Enumerable.Range(0, (Rows / 2) + 1).Select(i => 2 * i)]);
        _rows = Ints([.. Enumerable.Range(0, Rows)]);
    }

    [Benchmark]
    public void Forward() => Embedding.Forward(Device, _x, _table, default, _source);

    [Benchmark]
    public void Backward() => Embedding.Backward(Device, _table, _x, _ids, _starts, _rows, accumulate: false);

    [Benchmark]
    public void BackwardAccumulating() => Embedding.Backward(Device, _table, _x, _ids, _starts, _rows, accumulate: true);
}
