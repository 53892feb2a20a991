using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>CLIP's input rows: the class token, then the patches, with learned positions added.</summary>
public static class VisionEmbedding
{
    /// <summary>Computes <c>x[picture, 0] = cls + pos[0]</c> and <c>x[picture, 1+p] = patches[picture, p] + pos[1+p]</c>.</summary>
    /// <param name="device">Where.</param>
    /// <param name="x">Receives <c>[pictures (patches + 1), width]</c>.</param>
    /// <param name="patches">Patch embeddings, <c>[pictures patches, width]</c>.</param>
    /// <param name="cls">The class token, <c>[width]</c>.</param>
    /// <param name="positions"><c>[patches + 1, width]</c>.</param>
    public static void Forward(Device device, Tensor x, Tensor patches, Tensor cls, Tensor positions)
    {
        Check(x, patches, positions, x.Type);
        Require.Is(cls, x.Type, [x.Width]);
        device.VisionEmbeddingForward(x, patches, cls, positions);
    }

    /// <summary>Computes the gradients of patches, class token and positions.</summary>
    /// <param name="device">Where.</param>
    /// <param name="dpatches">Receives <c>[pictures patches, width]</c>.</param>
    /// <param name="dcls">Receives <c>[width]</c> in single precision.</param>
    /// <param name="dpositions">Receives <c>[patches + 1, width]</c> in single precision.</param>
    /// <param name="dx"><c>[pictures (patches + 1), width]</c>.</param>
    /// <param name="accumulate">Whether to add to <paramref name="dcls"/> and <paramref name="dpositions"/>.</param>
    public static void Backward(Device device, Tensor dpatches, Tensor dcls, Tensor dpositions, Tensor dx, bool accumulate)
    {
        Check(dx, dpatches, dpositions, DType.F32);
        Require.Is(dcls, DType.F32, [dx.Width]);
        device.VisionEmbeddingBackward(dpatches, dcls, dpositions, dx, accumulate);
    }

    private static void Check(Tensor x, Tensor patches, Tensor positions, DType positionType)
    {
        Require.Matrix(x);
        Require.Is(positions, positionType, [positions.Rows, x.Width]);
        long pictures = x.Rows / positions.Rows;
        Require.Is(x, [pictures * positions.Rows, x.Width]);
        Require.Is(patches, x.Type, [pictures * (positions.Rows - 1), x.Width]);
    }
}
