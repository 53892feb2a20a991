using BenchmarkDotNet.Attributes;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>CLIP's 577 patches, and a prompt of 2048 tokens: 4 rows² headSize operations a head forward (half when causal), 10 backward.</summary>
public class AttentionBench : OpBench
{
    private AttentionShape _shape;
    private int _length;
    private Tensor _qkv;
    private Tensor _o;
    private Tensor _lse;
    private Tensor _starts;
    private Tensor _gradient;

    [Params("clip", "llama")]
    public string Model { get; set; } = "clip";

    [GlobalSetup]
    public void Setup()
    {
        _shape = Model == "clip" ? new AttentionShape(16, 16, 64, Causal: false) : new AttentionShape(8, 8, 128, Causal: true);
        _length = Model == "clip" ? 577 : 2048;
        _qkv = Floats(_length, _shape.QkvSize);
        _o = Floats(_length, _shape.OutputSize);
        _lse = Floats(_shape.Heads, _length);
        _starts = Ints(0, _length);
        _gradient = Floats(_length, _shape.QkvSize);
        Forward();
    }

    [Benchmark]
    public void Forward() => Attention.Forward(Device, _o, _lse, _qkv, _starts, _length, _shape);

    [Benchmark]
    public void Backward() => Attention.Backward(Device, _gradient, _o, _o, _lse, _qkv, _starts, _length, _shape, default);
}
