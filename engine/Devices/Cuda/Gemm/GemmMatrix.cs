using LlavaCuda.Native;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>A matrix as cuBLASLt sees it in memory: column after column, without gaps.</summary>
/// <param name="Type">Type of the elements.</param>
/// <param name="Rows">Rows, and elements from one column to the next.</param>
/// <param name="Columns">Columns.</param>
internal readonly record struct GemmMatrix(DType Type, long Rows, long Columns)
{
    /// <summary>Gets the size.</summary>
    internal long Bytes => Rows * Columns * Type.Size();

    /// <summary>Gives cuBLASLt's name of a type.</summary>
    /// <param name="type">A floating type.</param>
    /// <returns>The name.</returns>
    internal static CublasDataType NameOf(DType type) => type switch
    {
        DType.F32 => CublasDataType.R32F,
        DType.BF16 => CublasDataType.R16BF,
        _ => throw new ArgumentException($"Products are of F32 and BF16, not {type}."),
    };

    /// <summary>Describes the matrix to cuBLASLt.</summary>
    /// <returns>A layout, to be destroyed.</returns>
    internal nint CreateLayout()
    {
        CublasException.ThrowIfFailed(CublasLt.MatrixLayoutCreate(out nint layout, NameOf(Type), (ulong)Rows, (ulong)Columns, Rows));
        return layout;
    }
}
