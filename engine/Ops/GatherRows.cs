using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>Chosen rows of a matrix: labelled rows before the vocabulary projection, patch rows of the vision tower, image rows of the spliced sequence.</summary>
public static class GatherRows
{
    /// <summary>Computes <c>y[i] = x[index[i]]</c>.</summary>
    /// <param name="device">Where.</param>
    /// <param name="y">Receives <c>[chosen, width]</c>.</param>
    /// <param name="x"><c>[rows, width]</c>.</param>
    /// <param name="index">Int32 <c>[chosen]</c>, each a row of <paramref name="x"/>, as the caller has checked.</param>
    public static void Forward(Device device, Tensor y, Tensor x, Tensor index)
    {
        Require.Matrix(x);
        Require.Is(index, DType.I32, [index.Rows]);
        Require.Is(y, x.Type, [index.Rows, x.Width]);
        device.GatherRowsForward(y, x, index);
    }

    /// <summary>Computes <c>dx[index[i]] = dy[i]</c>; rows that were not chosen become zero.</summary>
    /// <param name="device">Where.</param>
    /// <param name="dx">Receives <c>[rows, width]</c>.</param>
    /// <param name="dy"><c>[chosen, width]</c>.</param>
    /// <param name="index">As in the forward pass, none twice.</param>
    public static void Backward(Device device, Tensor dx, Tensor dy, Tensor index)
    {
        Require.Matrix(dx);
        Require.Is(index, DType.I32, [index.Rows]);
        Require.Is(dy, dx.Type, [index.Rows, dx.Width]);
        device.GatherRowsBackward(dx, dy, index);
    }
}
