using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>
/// One decoder layer: <c>x += o(attention(rope(qkv(norm(x)))))</c>, <c>x += down(silu(gate(norm(x))) · up(norm(x)))</c>. What a branch computes is left in <c>delta</c>; the next
/// norm adds it. Backward is the mirror image, with <c>dres</c> the gradient of the residual stream; norms' outputs and the activation are made again instead of kept.
/// </summary>
internal sealed class LlamaLayer
{
    private readonly Device _device;
    private readonly TextConfig _config;
    private readonly int _layer;
    private readonly AttentionShape _shape;
    private readonly Parameter _norm1;
    private readonly FusedParameter _qkv;
    private readonly Parameter _o;
    private readonly Parameter _norm2;
    private readonly FusedParameter _gateUp;
    private readonly Parameter _down;
    private Saved _saved;

    internal LlamaLayer(Device device, TextConfig config, ParameterTable table, int layer)
    {
        _device = device;
        _config = config;
        _layer = layer;
        _shape = new AttentionShape(config.Heads, config.KvHeads, config.HeadSize, Causal: true);
        string name = string.Create(CultureInfo.InvariantCulture, $"language.layers.{layer}.");
        _norm1 = table[name + "input_layernorm.weight"];
        _qkv = table.Fuse(name + "self_attn.q_proj.weight", 3);
        _o = table[name + "self_attn.o_proj.weight"];
        _norm2 = table[name + "post_attention_layernorm.weight"];
        _gateUp = table.Fuse(name + "mlp.gate_proj.weight", 2);
        _down = table[name + "mlp.down_proj.weight"];
    }

    /// <summary>Adds <paramref name="delta"/> to <paramref name="x"/> if it exists, and leaves the layer's last branch in <paramref name="output"/>.</summary>
    /// <returns>The residual stream that <paramref name="output"/> has still to be added to.</returns>
    internal Tensor Forward(Arena arena, Tensor x, Tensor delta, Tensor output, in Sequences sequences, PassMode mode)
    {
        bool keep = mode == PassMode.Training;
        long start = arena.Mark();
        Saved s = default;
        s.X1 = delta.Exists && keep ? arena.Push(x.Type, x.Rows, x.Width) : x;
        s.X2 = keep ? arena.Push(x.Type, x.Rows, x.Width) : x;
        s.Rstd1 = arena.Push(DType.F32, x.Rows);
        s.Rstd2 = arena.Push(DType.F32, x.Rows);
        s.Qkv = arena.Push(x.Type, x.Rows, _shape.QkvSize);
        s.O = arena.Push(x.Type, x.Rows, _shape.OutputSize);
        s.Lse = arena.Push(DType.F32, _shape.Heads, x.Rows);
        s.GateUp = arena.Push(x.Type, x.Rows, 2L * _config.IntermediateSize);
        long scratch = arena.Mark();
        Tensor y = arena.Push(x.Type, x.Rows, x.Width);
        Tensor h = arena.Push(x.Type, x.Rows, _config.IntermediateSize);

        RmsNorm.Forward(_device, y, s.Rstd1, delta.Exists ? s.X1 : default, x, delta, _norm1.Value, _config.RmsNormEpsilon);
        Linear.Forward(_device, s.Qkv, y, _qkv.Value);
        Attend(s, sequences);
        Linear.Forward(_device, output, s.O, _o.Value);
        RmsNorm.Forward(_device, y, s.Rstd2, s.X2, s.X1, output, _norm2.Value, _config.RmsNormEpsilon);
        Linear.Forward(_device, s.GateUp, y, _gateUp.Value);
        SwiGlu.Forward(_device, h, s.GateUp);
        Linear.Forward(_device, output, h, _down.Value);

        arena.Release(keep ? scratch : start);
        _saved = keep ? s : default;
        return s.X2;
    }

    /// <summary>Turns the gradient of the layer's output into that of its input, in place.</summary>
    internal void Backward(Arena arena, Tensor dres, in Sequences sequences, bool accumulate)
    {
        Saved s = _saved;
        bool train = _o.Trainable;
        long mark = arena.Mark();
        Tensor dh = arena.Push(dres.Type, dres.Rows, _config.IntermediateSize);
        Tensor y = train ? arena.Push(dres.Type, dres.Rows, dres.Width) : default;
        Tensor dy = arena.Push(dres.Type, dres.Rows, dres.Width);
        Tensor dO = arena.Push(dres.Type, dres.Rows, _shape.OutputSize);
        Tensor dqkv = arena.Push(dres.Type, dres.Rows, _shape.QkvSize);

        Linear.BackwardInput(_device, dh, dres, _down.Value);
        SwiGlu.Backward(_device, s.GateUp, train ? dh : default, dh);
        if (train)
        {
            // dh now holds h, which the down projection's weight gradient reads.
            Linear.BackwardWeight(_device, _down.Gradient, dres, dh, accumulate);
        }

        Linear.BackwardInput(_device, dy, s.GateUp, _gateUp.Value);
        RmsNorm.Backward(_device, dres, _norm2.Gradient, y, dy, s.X2, s.Rstd2, _norm2.Value, accumulate);
        if (train)
        {
            Linear.BackwardWeight(_device, _gateUp.Gradient, s.GateUp, y, accumulate);
            Linear.BackwardWeight(_device, _o.Gradient, dres, s.O, accumulate);
        }

        Linear.BackwardInput(_device, dO, dres, _o.Value);
        Attention.Backward(_device, dqkv, dO, s.O, s.Lse, s.Qkv, sequences.CuSeqlens, sequences.MaxLength, _shape, sequences.Rotary);
        Linear.BackwardInput(_device, dy, dqkv, _qkv.Value);
        RmsNorm.Backward(_device, dres, _norm1.Gradient, y, dy, s.X1, s.Rstd1, _norm1.Value, accumulate);
        if (train)
        {
            Linear.BackwardWeight(_device, _qkv.Gradient, dqkv, y, accumulate);
        }

        arena.Release(mark);
    }

    private void Attend(in Saved s, in Sequences sequences)
    {
        if (sequences.Cache is null)
        {
            Rope.Forward(_device, s.Qkv, sequences.Rotary, _shape);
            Attention.Forward(_device, s.O, s.Lse, s.Qkv, sequences.CuSeqlens, sequences.MaxLength, _shape);
            return;
        }

        (Tensor keys, Tensor values) = sequences.Cache.Layer(_layer);
        if (sequences.SeeThemselvesOnly)
        {
            CachedAttention.Append(_device, keys, values, s.Qkv, sequences.Rotary, sequences.CuSeqlens, sequences.Past, _shape);
            Attention.Forward(_device, s.O, s.Lse, s.Qkv, sequences.CuSeqlens, sequences.MaxLength, _shape);
        }
        else
        {
            CachedAttention.AppendForward(_device, s.O, keys, values, s.Qkv, sequences.Rotary, sequences.CuSeqlens, sequences.Past, sequences.MaxLength, _shape);
        }
    }

    private struct Saved
    {
        internal Tensor X1;
        internal Tensor Rstd1;
        internal Tensor Qkv;
        internal Tensor O;
        internal Tensor Lse;
        internal Tensor X2;
        internal Tensor Rstd2;
        internal Tensor GateUp;
    }
}
