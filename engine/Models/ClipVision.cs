using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>
/// The CLIP vision tower up to the hidden state that LLaVA reads: patch embedding, class token and positions, <c>pre_layrnorm</c> (the checkpoint's own spelling),
/// blocks, and the choice of rows. <c>post_layernorm</c> and the blocks behind the chosen layer are never evaluated.
/// </summary>
internal sealed class ClipVision
{
    private readonly Device _device;
    private readonly LlavaConfig _config;
    private readonly ClipBlock[] _blocks;
    private readonly Parameter _patchEmbedding;
    private readonly Parameter _classEmbedding;
    private readonly Parameter _positionEmbedding;
    private readonly Parameter _preNormWeight;
    private readonly Parameter _preNormBias;
    private Saved _saved;

    internal ClipVision(Device device, LlavaConfig config, ParameterTable table)
    {
        _device = device;
        _config = config;
        _blocks = new ClipBlock[config.VisionBlocks];
        for (int i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = new ClipBlock(device, config.Vision, table, i);
        }

        _patchEmbedding = table["vision.embeddings.patch_embedding.weight"];
        _classEmbedding = table["vision.embeddings.class_embedding"];
        _positionEmbedding = table["vision.embeddings.position_embedding.weight"];
        _preNormWeight = table["vision.pre_layrnorm.weight"];
        _preNormBias = table["vision.pre_layrnorm.bias"];
    }

    /// <summary>Computes the chosen hidden state of pictures, all positions: <c>[pictures positions, width]</c>.</summary>
    internal Tensor Forward(Arena arena, Tensor pixels, Tensor cuSeqlens, PassMode mode)
    {
        VisionConfig c = _config.Vision;
        bool keep = mode == PassMode.Training;
        DType type = _device.ComputeType;
        long rows = pixels.Rows * c.Positions;
        Saved s = default;
        Tensor hidden = arena.Push(type, rows, c.HiddenSize);
        long start = arena.Mark();
        Tensor delta = arena.Push(type, rows, c.HiddenSize);
        Tensor x = keep ? arena.Push(type, rows, c.HiddenSize) : hidden;
        s.Columns = arena.Push(type, pixels.Rows * c.Patches, c.PatchValues);
        s.Embedded = arena.Push(type, rows, c.HiddenSize);
        s.Mean = arena.Push(DType.F32, rows);
        s.Rstd = arena.Push(DType.F32, rows);
        Tensor patches = arena.Push(type, pixels.Rows * c.Patches, c.HiddenSize);

        Patches.Forward(_device, s.Columns, pixels, c.PatchSize);
        Linear.Forward(_device, patches, s.Columns, _patchEmbedding.Value.View(c.HiddenSize, c.PatchValues));
        VisionEmbedding.Forward(_device, s.Embedded, patches, _classEmbedding.Value, _positionEmbedding.Value);
        LayerNorm.Forward(_device, x, s.Mean, s.Rstd, default, s.Embedded, default, _preNormWeight.Value, _preNormBias.Value, c.LayerNormEpsilon);

        for (int i = 0; i < _blocks.Length; i++)
        {
            x = _blocks[i].Forward(arena, x, i == 0 ? default : delta, delta, cuSeqlens, mode);
        }

        if (keep)
        {
            Move.Forward(_device, hidden, x);
        }

        if (_blocks.Length > 0)
        {
            Residual.Add(_device, hidden, delta);
        }

        if (!keep)
        {
            arena.Release(start);
        }

        _saved = keep ? s : default;
        return hidden;
    }

    /// <summary>Computes all gradients of the tower from that of the chosen hidden state, which is overwritten.</summary>
    internal void Backward(Arena arena, Tensor dhidden, Tensor cuSeqlens, bool accumulate)
    {
        VisionConfig c = _config.Vision;
        for (int i = _blocks.Length - 1; i >= 0; i--)
        {
            _blocks[i].Backward(arena, dhidden, cuSeqlens, accumulate);
        }

        Saved s = _saved;
        long mark = arena.Mark();
        Tensor dembedded = arena.Push(dhidden.Type, dhidden.Rows, dhidden.Width);
        Tensor dpatches = arena.Push(dhidden.Type, s.Columns.Rows, dhidden.Width);
        Fill.Forward(_device, dembedded, 0);
        LayerNorm.Backward(_device, dembedded, _preNormWeight.Gradient, _preNormBias.Gradient, default, dhidden, s.Embedded, s.Mean, s.Rstd, _preNormWeight.Value, _preNormBias.Value, accumulate);
        VisionEmbedding.Backward(_device, dpatches, _classEmbedding.Gradient, _positionEmbedding.Gradient, dembedded, accumulate);
        Linear.BackwardWeight(_device, _patchEmbedding.Gradient.View(c.HiddenSize, c.PatchValues), dpatches, s.Columns, accumulate);
        arena.Release(mark);
    }

    private struct Saved
    {
        internal Tensor Columns;
        internal Tensor Embedded;
        internal Tensor Mean;
        internal Tensor Rstd;
    }
}
