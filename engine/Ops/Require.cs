using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>Checks of an op's arguments: nothing is allocated unless one fails.</summary>
internal static class Require
{
    /// <summary>The tensor exists and has these extents.</summary>
    internal static void Is(Tensor tensor, DType type, ReadOnlySpan<long> extents, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        Shape expected = new(extents);
        if (!tensor.Exists || tensor.Type != type || tensor.Shape != expected)
        {
            Throw(name, tensor, $"{type} {expected}");
        }
    }

    /// <summary>The tensor exists and has these extents, of whatever floating type the device computes in.</summary>
    internal static void Is(Tensor tensor, ReadOnlySpan<long> extents, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        Shape expected = new(extents);
        if (!IsFloating(tensor) || tensor.Shape != expected)
        {
            Throw(name, tensor, $"floating {expected}");
        }
    }

    /// <summary>The tensor is left out, or has these extents.</summary>
    internal static void IsOptional(Tensor tensor, DType type, ReadOnlySpan<long> extents, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (tensor.Exists)
        {
            Is(tensor, type, extents, name);
        }
    }

    /// <summary>The tensor is left out, or has these extents, of whatever floating type the device computes in.</summary>
    internal static void IsOptional(Tensor tensor, ReadOnlySpan<long> extents, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (tensor.Exists)
        {
            Is(tensor, extents, name);
        }
    }

    /// <summary>The tensor is a matrix of whatever floating type the device computes in.</summary>
    internal static void Matrix(Tensor tensor, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (!IsFloating(tensor) || tensor.Shape.Rank != 2)
        {
            Throw(name, tensor, "a floating matrix");
        }
    }

    /// <summary>The tensor exists and is of a floating type that a device can compute in.</summary>
    internal static void Floats(Tensor tensor, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (!IsFloating(tensor))
        {
            Throw(name, tensor, "a floating tensor");
        }
    }

    private static bool IsFloating(Tensor tensor) => tensor.Exists && tensor.Type is DType.F32 or DType.BF16;

    [DoesNotReturn]
    private static void Throw(string name, Tensor tensor, string expected) =>
        throw new ArgumentException($"{name} is {tensor}; expected {expected}.", name);
}
