using BenchmarkDotNet.Attributes;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>A token over a cache of 2048 rows of 16 heads of 128 (34 MB read), and a prompt of 256 rows onto it.</summary>
public class CachedAttentionBench : OpBench
{
    private const int Past = 2048;
    private static readonly AttentionShape Shape = new(16, 16, 128, Causal: true);
    private Tensor _keys;
    private Tensor _values;
    private Tensor _qkv;
    private Tensor _o;
    private Tensor _starts;
    private Tensor _past;
    private Rotary _rotary;

    [Params(1, 256)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _keys = Floats(1, Shape.KvHeads, Past + Rows, Shape.HeadSize);
        _values = Floats(1, Shape.KvHeads, Past + Rows, Shape.HeadSize);
        _qkv = Floats(Rows, Shape.QkvSize);
        _o = Floats(Rows, Shape.OutputSize);
        _starts = Ints(0, Rows);
        _past = Ints(Past);
        _rotary = Angles(Past, Rows, Shape.HeadSize);
    }

    [Benchmark]
    public void Append() => CachedAttention.Append(Device, _keys, _values, _qkv, _rotary, _starts, _past, Shape);

    [Benchmark]
    public void AppendForward() => CachedAttention.AppendForward(Device, _o, _keys, _values, _qkv, _rotary, _starts, _past, Rows, Shape);

    [Benchmark]
    public void Forward() => CachedAttention.Forward(Device, _o, _qkv, _keys, _values, _starts, _past, Rows, Shape);
}
