using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>The sum over rows, which is the gradient of a bias.</summary>
public static class ColumnSum
{
    /// <summary>Computes <c>db = Σ_rows dy</c>, or adds it, in an order that does not depend on threads.</summary>
    /// <param name="device">Where.</param>
    /// <param name="db">Receives <c>[width]</c> in single precision.</param>
    /// <param name="dy"><c>[rows, width]</c>.</param>
    /// <param name="accumulate">Whether to add to <paramref name="db"/>.</param>
    public static void Backward(Device device, Tensor db, Tensor dy, bool accumulate)
    {
        Require.Matrix(dy);
        Require.Is(db, DType.F32, [dy.Shape[1]]);
        device.ColumnSumBackward(db, dy, accumulate);
    }
}
