using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>
/// Token embedding and image splice in one gather. <c>source[row]</c> is a token id, or <c>−1−k</c> for row k of the image features. Every image row is used once or never.
/// </summary>
public static class Embedding
{
    /// <summary>Fills the first residual stream.</summary>
    /// <param name="device">Where.</param>
    /// <param name="x">Receives <c>[rows, width]</c>.</param>
    /// <param name="table"><c>[vocabulary, width]</c>.</param>
    /// <param name="images">Image features, <c>[image rows, width]</c>; none when there are none.</param>
    /// <param name="source">Int32 <c>[rows]</c>; inside both tables, as the caller has checked.</param>
    public static void Forward(Device device, Tensor x, Tensor table, Tensor images, Tensor source)
    {
        Require.Matrix(x);
        Require.Is(table, x.Type, [table.Rows, x.Width]);
        Require.Is(source, DType.I32, [x.Rows]);
        if (images.Exists)
        {
            Require.Is(images, x.Type, [images.Rows, x.Width]);
        }

        device.EmbeddingForward(x, table, images, source);
    }

    /// <summary>Sums row gradients into the table: ids are sorted beforehand, so that each table row is one segment, summed in order.</summary>
    /// <param name="device">Where.</param>
    /// <param name="dtable">Receives <c>[vocabulary, width]</c> in single precision; rows of absent tokens become zero unless accumulating.</param>
    /// <param name="dx"><c>[rows, width]</c>.</param>
    /// <param name="ids">Int32 <c>[distinct]</c>: the distinct token ids, ascending.</param>
    /// <param name="starts">Int32 <c>[distinct + 1]</c>: where each id's rows begin in <paramref name="rows"/>.</param>
    /// <param name="rows">Int32: rows of <paramref name="dx"/> by id, ascending within an id.</param>
    /// <param name="accumulate">Whether to add to <paramref name="dtable"/>.</param>
    public static void Backward(Device device, Tensor dtable, Tensor dx, Tensor ids, Tensor starts, Tensor rows, bool accumulate)
    {
        Require.Matrix(dx);
        Require.Is(dtable, DType.F32, [dtable.Rows, dx.Width]);
        Require.Is(ids, DType.I32, [ids.Rows]);
        Require.Is(starts, DType.I32, [ids.Rows + 1]);
        Require.Is(rows, DType.I32, [rows.Rows]);
        device.EmbeddingBackward(dtable, dx, ids, starts, rows, accumulate);
    }
}
