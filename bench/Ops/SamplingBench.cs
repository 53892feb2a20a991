using BenchmarkDotNet.Attributes;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Ops;

/// <summary>A token of 32000, greedily and by the three kinds of draw.</summary>
public class SamplingBench : OpBench
{
    private const int Vocabulary = 32000;
    private Tensor _ids;
    private Tensor _logits;
    private Tensor _draws;

    [Params("greedy", "temperature", "top-k", "top-p")]
    public string Choice { get; set; } = string.Empty;

    [GlobalSetup]
    public void Setup()
    {
        _ids = Ints(0);
        _logits = Floats(1, Vocabulary);
        TokenDraw draw = Choice switch
        {
            "greedy" => new TokenDraw(0.5, 0, 0, 1),
            "temperature" => new TokenDraw(0.5, 0.2, 0, 1),
            "top-k" => new TokenDraw(0.5, 0.2, 50, 1),
            _ => new TokenDraw(0.5, 0.2, 0, 0.9),
        };
        _draws = Draws(draw);
    }

    [Benchmark]
    public void Forward() => Sampling.Forward(Device, _ids, _logits, _draws);
}
