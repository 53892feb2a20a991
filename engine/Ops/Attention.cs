using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>
/// Softmax attention over packed sequences: <c>S = scale Q Kᵀ</c>, <c>P = softmax(S)</c>, <c>O = P V</c>, <c>lse = log Σ exp S</c>. No matrix of rows × rows is ever in memory.
/// </summary>
public static class Attention
{
    /// <summary>Computes O and lse.</summary>
    /// <param name="device">Where.</param>
    /// <param name="o">Receives <c>[rows, heads headSize]</c>.</param>
    /// <param name="lse">Receives <c>[heads, rows]</c> in single precision.</param>
    /// <param name="qkv"><c>[rows, (heads + 2 kvHeads) headSize]</c>, rotated.</param>
    /// <param name="cuSeqlens">Int32 <c>[sequences + 1]</c>: where each sequence begins; the last is the number of rows.</param>
    /// <param name="maxLength">The longest sequence's length, or more.</param>
    /// <param name="shape">Heads and mask.</param>
    public static void Forward(Device device, Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape)
    {
        Check(o, lse, qkv, cuSeqlens, shape);
        device.AttentionForward(o, lse, qkv, cuSeqlens, maxLength, shape);
    }

    /// <summary>
    /// Computes the gradient of the packed rows: <c>δ = rowsum(dO∘O)</c>, <c>dV = Pᵀ dO</c>, <c>dS = P∘(dO Vᵀ − δ)</c>, <c>dQ = scale dS K</c>, <c>dK = scale dSᵀ Q</c>, with P made again from lse.
    /// With rotary angles, dQ and dK are rotated back, so that they are the gradients from before <see cref="Rope"/>.
    /// </summary>
    /// <param name="device">Where.</param>
    /// <param name="dqkv">Receives <c>[rows, (heads + 2 kvHeads) headSize]</c>; must not be <paramref name="qkv"/>.</param>
    /// <param name="dO"><c>[rows, heads headSize]</c>.</param>
    /// <param name="o">Of the forward pass.</param>
    /// <param name="lse">Of the forward pass.</param>
    /// <param name="qkv">Of the forward pass, rotated.</param>
    /// <param name="cuSeqlens">As in the forward pass.</param>
    /// <param name="maxLength">As in the forward pass.</param>
    /// <param name="shape">As in the forward pass.</param>
    /// <param name="rotary">The angles to undo, or the default for none.</param>
    public static void Backward(Device device, Tensor dqkv, Tensor dO, Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape, Rotary rotary)
    {
        Check(o, lse, qkv, cuSeqlens, shape);
        Require.Is(dO, [qkv.Rows, shape.OutputSize]);
        Require.Is(dqkv, [qkv.Rows, shape.QkvSize]);
        if (rotary.Cos.Exists)
        {
            Rope.Check(rotary, qkv.Rows, shape.HeadSize);
        }

        device.AttentionBackward(dqkv, dO, o, lse, qkv, cuSeqlens, maxLength, shape, rotary);
    }

    private static void Check(Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, AttentionShape shape)
    {
        Require.Matrix(qkv);
        Require.Is(qkv, [qkv.Rows, shape.QkvSize]);
        Require.Is(o, [qkv.Rows, shape.OutputSize]);
        Require.Is(lse, DType.F32, [shape.Heads, qkv.Rows]);
        Require.Is(cuSeqlens, DType.I32, [cuSeqlens.Rows]);
    }
}
