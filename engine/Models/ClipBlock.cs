using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>
/// One pre-norm block of the vision tower: <c>x += out(attention(norm1(x)))</c>, <c>x += fc2(quick_gelu(fc1(norm2(x))))</c>. What a branch computes is left in <c>delta</c>;
/// the next norm adds it. Backward is the mirror image, with <c>dres</c> the gradient of the residual stream.
/// </summary>
internal sealed class ClipBlock
{
    private readonly Device _device;
    private readonly VisionConfig _config;
    private readonly AttentionShape _shape;
    private readonly Parameter _norm1Weight;
    private readonly Parameter _norm1Bias;
    private readonly FusedParameter _qkvWeight;
    private readonly FusedParameter _qkvBias;
    private readonly Parameter _outWeight;
    private readonly Parameter _outBias;
    private readonly Parameter _norm2Weight;
    private readonly Parameter _norm2Bias;
    private readonly Parameter _fc1Weight;
    private readonly Parameter _fc1Bias;
    private readonly Parameter _fc2Weight;
    private readonly Parameter _fc2Bias;
    private Saved _saved;

    internal ClipBlock(Device device, VisionConfig config, ParameterTable table, int layer)
    {
        _device = device;
        _config = config;
        _shape = new AttentionShape(config.Heads, config.Heads, config.HeadSize, Causal: false);
        string name = string.Create(CultureInfo.InvariantCulture, $"vision.encoder.layers.{layer}.");
        _norm1Weight = table[name + "layer_norm1.weight"];
        _norm1Bias = table[name + "layer_norm1.bias"];
        _qkvWeight = table.Fuse(name + "self_attn.q_proj.weight", 3);
        _qkvBias = table.Fuse(name + "self_attn.q_proj.bias", 3);
        _outWeight = table[name + "self_attn.out_proj.weight"];
        _outBias = table[name + "self_attn.out_proj.bias"];
        _norm2Weight = table[name + "layer_norm2.weight"];
        _norm2Bias = table[name + "layer_norm2.bias"];
        _fc1Weight = table[name + "mlp.fc1.weight"];
        _fc1Bias = table[name + "mlp.fc1.bias"];
        _fc2Weight = table[name + "mlp.fc2.weight"];
        _fc2Bias = table[name + "mlp.fc2.bias"];
    }

    /// <summary>Adds <paramref name="delta"/> to <paramref name="x"/> if it exists, and leaves the block's last branch in <paramref name="output"/>.</summary>
    /// <returns>The residual stream that <paramref name="output"/> has still to be added to.</returns>
    internal Tensor Forward(Arena arena, Tensor x, Tensor delta, Tensor output, Tensor cuSeqlens, PassMode mode)
    {
        long rows = x.Rows;
        bool keep = mode == PassMode.Training;
        DType type = x.Type;
        long start = arena.Mark();
        Saved s = default;
        s.X1 = delta.Exists && keep ? arena.Push(type, rows, x.Width) : x;
        s.X2 = keep ? arena.Push(type, rows, x.Width) : x;
        s.Mean1 = arena.Push(DType.F32, rows);
        s.Rstd1 = arena.Push(DType.F32, rows);
        s.Mean2 = arena.Push(DType.F32, rows);
        s.Rstd2 = arena.Push(DType.F32, rows);
        s.Qkv = arena.Push(type, rows, _shape.QkvSize);
        s.O = arena.Push(type, rows, _shape.OutputSize);
        s.Lse = arena.Push(DType.F32, _shape.Heads, rows);
        s.Fc1 = arena.Push(type, rows, _config.IntermediateSize);
        long scratch = arena.Mark();
        Tensor y = arena.Push(type, rows, x.Width);
        Tensor h = arena.Push(type, rows, _config.IntermediateSize);

        LayerNorm.Forward(_device, y, s.Mean1, s.Rstd1, delta.Exists ? s.X1 : default, x, delta, _norm1Weight.Value, _norm1Bias.Value, _config.LayerNormEpsilon);
        Linear.Forward(_device, s.Qkv, y, _qkvWeight.Value, _qkvBias.Value);
        Attention.Forward(_device, s.O, s.Lse, s.Qkv, cuSeqlens, _config.Positions, _shape);
        Linear.Forward(_device, output, s.O, _outWeight.Value, _outBias.Value);
        LayerNorm.Forward(_device, y, s.Mean2, s.Rstd2, s.X2, s.X1, output, _norm2Weight.Value, _norm2Bias.Value, _config.LayerNormEpsilon);
        Linear.Forward(_device, s.Fc1, y, _fc1Weight.Value, _fc1Bias.Value);
        QuickGelu.Forward(_device, h, s.Fc1);
        Linear.Forward(_device, output, h, _fc2Weight.Value, _fc2Bias.Value);

        arena.Release(keep ? scratch : start);
        _saved = keep ? s : default;
        return s.X2;
    }

    /// <summary>Turns the gradient of the block's output into that of its input, in place.</summary>
    internal void Backward(Arena arena, Tensor dres, Tensor cuSeqlens, bool accumulate)
    {
        Saved s = _saved;
        DType type = dres.Type;
        long mark = arena.Mark();
        Tensor dh = arena.Push(type, dres.Rows, _config.IntermediateSize);
        Tensor h = arena.Push(type, dres.Rows, _config.IntermediateSize);
        Tensor y = arena.Push(type, dres.Rows, dres.Width);
        Tensor dy = arena.Push(type, dres.Rows, dres.Width);
        Tensor dqkv = arena.Push(type, dres.Rows, _shape.QkvSize);

        Linear.BackwardInput(_device, dh, dres, _fc2Weight.Value);
        QuickGelu.Forward(_device, h, s.Fc1);
        Linear.BackwardWeight(_device, _fc2Weight.Gradient, dres, h, accumulate);
        ColumnSum.Backward(_device, _fc2Bias.Gradient, dres, accumulate);
        QuickGelu.Backward(_device, dh, dh, s.Fc1);
        Linear.BackwardInput(_device, dy, dh, _fc1Weight.Value);
        LayerNorm.Backward(_device, dres, _norm2Weight.Gradient, _norm2Bias.Gradient, y, dy, s.X2, s.Mean2, s.Rstd2, _norm2Weight.Value, _norm2Bias.Value, accumulate);
        Linear.BackwardWeight(_device, _fc1Weight.Gradient, dh, y, accumulate);
        ColumnSum.Backward(_device, _fc1Bias.Gradient, dh, accumulate);

        Tensor dO = dy;
        Linear.BackwardInput(_device, dO, dres, _outWeight.Value);
        Linear.BackwardWeight(_device, _outWeight.Gradient, dres, s.O, accumulate);
        ColumnSum.Backward(_device, _outBias.Gradient, dres, accumulate);
        Attention.Backward(_device, dqkv, dO, s.O, s.Lse, s.Qkv, cuSeqlens, _config.Positions, _shape, default);
        Linear.BackwardInput(_device, dy, dqkv, _qkvWeight.Value);
        LayerNorm.Backward(_device, dres, _norm1Weight.Gradient, _norm1Bias.Gradient, y, dy, s.X1, s.Mean1, s.Rstd1, _norm1Weight.Value, _norm1Bias.Value, accumulate);
        Linear.BackwardWeight(_device, _qkvWeight.Gradient, dqkv, y, accumulate);
        ColumnSum.Backward(_device, _qkvBias.Gradient, dqkv, accumulate);
        arena.Release(mark);
    }

    private struct Saved
    {
        internal Tensor X1;
        internal Tensor Mean1;
        internal Tensor Rstd1;
        internal Tensor Qkv;
        internal Tensor O;
        internal Tensor Lse;
        internal Tensor X2;
        internal Tensor Mean2;
        internal Tensor Rstd2;
        internal Tensor Fc1;
    }
}
