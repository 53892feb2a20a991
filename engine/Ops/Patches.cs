using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>Cuts pictures into patches (im2col of a convolution whose stride is its size), so that CLIP's patch embedding is a matrix product.</summary>
public static class Patches
{
    /// <summary>Lays each patch out as a row in the order channel, row, column; patches go row by row over the picture.</summary>
    /// <param name="device">Where.</param>
    /// <param name="columns">Receives <c>[pictures grid², K]</c>; K is <c>3 patch²</c> or more, what is more becomes zero.</param>
    /// <param name="pixels">Normalised pictures in single precision, <c>[pictures, 3, edge, edge]</c>.</param>
    /// <param name="patchSize">Edge of a patch; divides the picture's.</param>
    public static void Forward(Device device, Tensor columns, Tensor pixels, int patchSize)
    {
        long edge = pixels.Shape[3];
        Require.Is(pixels, DType.F32, [pixels.Rows, 3, edge, edge]);
        long grid = edge / patchSize;
        ArgumentOutOfRangeException.ThrowIfNotEqual(grid * patchSize, edge, nameof(patchSize));
        ArgumentOutOfRangeException.ThrowIfLessThan(columns.Shape[1], 3L * patchSize * patchSize, nameof(columns));
        Require.Is(columns, [pixels.Rows * grid * grid, columns.Shape[1]]);
        device.PatchesForward(columns, pixels, patchSize);
    }
}
