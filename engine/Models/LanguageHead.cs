using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>
/// Final norm, vocabulary projection and cross entropy over labelled rows only, a chunk of rows at a time, so that the logits of a whole batch are never in memory.
/// </summary>
internal sealed class LanguageHead
{
    private readonly Device _device;
    private readonly TextConfig _config;
    private readonly Parameter _norm;
    private readonly Parameter _head;

    internal LanguageHead(Device device, TextConfig config, ParameterTable table)
    {
        _device = device;
        _config = config;
        _norm = table["language.norm.weight"];
        _head = table["language.lm_head.weight"];
    }

    private int ChunkRows => (int)Math.Clamp(_device.LogitsAtOnce / _config.VocabularySize, 64, 8192);

    /// <summary>Computes the logits of chosen rows of <c>x + delta</c>.</summary>
    /// <param name="arena">For temporaries.</param>
    /// <param name="logits">Receives <c>[chosen, vocabulary]</c>.</param>
    /// <param name="x">The residual stream.</param>
    /// <param name="delta">The last branch, still to be added.</param>
    /// <param name="rows">Int32: the chosen rows; none for all.</param>
    internal void Logits(Arena arena, Tensor logits, Tensor x, Tensor delta, Tensor rows)
    {
        long mark = arena.Mark();
        (Tensor y, _, _) = Normalise(arena, x, delta, rows);
        Linear.Forward(_device, logits, y, _head.Value);
        arena.Release(mark);
    }

    /// <summary>Computes the loss of every labelled row, and, with a scale, the gradient of the residual stream.</summary>
    /// <param name="arena">For temporaries.</param>
    /// <param name="dres">Receives the gradient of <c>x + delta</c>, all rows; none to compute losses only.</param>
    /// <param name="losses">Receives the loss of each labelled row.</param>
    /// <param name="x">The residual stream.</param>
    /// <param name="delta">The last branch, still to be added.</param>
    /// <param name="rows">Int32: the labelled rows.</param>
    /// <param name="labels">Int32: their labels.</param>
    /// <param name="scale">Factor on the gradient.</param>
    /// <param name="accumulate">Whether to add to the gradients of weights.</param>
    internal void Loss(Arena arena, Tensor dres, Tensor losses, Tensor x, Tensor delta, Tensor rows, Tensor labels, float scale, bool accumulate)
    {
        long mark = arena.Mark();
        (Tensor y, Tensor sum, Tensor rstd) = Normalise(arena, x, delta, rows);
        int chunk = (int)Math.Min(ChunkRows, rows.Rows);
        Tensor logits = arena.Push(x.Type, chunk, _config.VocabularySize);
        Tensor dy = dres.Exists ? arena.Push(x.Type, rows.Rows, x.Width) : default;
        for (long at = 0; at < rows.Rows; at += chunk)
        {
            long count = Math.Min(chunk, rows.Rows - at);
            Tensor part = logits.Slice(0, count);
            Linear.Forward(_device, part, y.Slice(at, count), _head.Value);
            if (!dres.Exists)
            {
                CrossEntropy.Forward(_device, losses.Slice(at, count), part, labels.Slice(at, count));
                continue;
            }

            CrossEntropy.ForwardBackward(_device, losses.Slice(at, count), part, labels.Slice(at, count), scale);
            Linear.BackwardInput(_device, dy.Slice(at, count), part, _head.Value);
            if (_head.Trainable)
            {
                Linear.BackwardWeight(_device, _head.Gradient, part, y.Slice(at, count), accumulate || at > 0);
            }
        }

        if (dres.Exists)
        {
            Tensor dsum = y;
            Fill.Forward(_device, dsum, 0);
            RmsNorm.Backward(_device, dsum, _norm.Gradient, default, dy, sum, rstd, _norm.Value, accumulate);
            GatherRows.Backward(_device, dres, dsum, rows);
        }

        arena.Release(mark);
    }

    private (Tensor Y, Tensor Sum, Tensor Rstd) Normalise(Arena arena, Tensor x, Tensor delta, Tensor rows)
    {
        long count = rows.Exists ? rows.Rows : x.Rows;
        Tensor sum = arena.Push(x.Type, count, x.Width);
        Tensor rstd = arena.Push(DType.F32, count);
        Tensor y = arena.Push(x.Type, count, x.Width);
        Tensor branch = delta;
        if (rows.Exists)
        {
            branch = arena.Push(x.Type, count, x.Width);
            GatherRows.Forward(_device, sum, x, rows);
            GatherRows.Forward(_device, branch, delta, rows);
            x = sum;
        }

        RmsNorm.Forward(_device, y, rstd, sum, x, branch, _norm.Value, _config.RmsNormEpsilon);
        return (y, sum, rstd);
    }
}
