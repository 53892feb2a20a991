using System.Runtime.CompilerServices;

namespace LlavaCuda.Tensors;

/// <summary>The extents of a tensor of at most four dimensions, outermost first, row-major. A value without heap memory.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly Extents _extents;

    /// <summary>Initializes a new instance of the <see cref="Shape"/> struct.</summary>
    /// <param name="extents">One to four extents, none negative; none at all is a scalar.</param>
    public Shape(params ReadOnlySpan<long> extents)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(extents.Length, Extents.Length);
        Rank = extents.Length;
        Count = 1;
        for (int i = 0; i < extents.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extents[i]);
            _extents[i] = extents[i];
            Count = checked(Count * extents[i]);
        }
    }

    /// <summary>Gets the number of dimensions.</summary>
    public int Rank { get; }

    /// <summary>Gets the number of elements.</summary>
    public long Count { get; }

    /// <summary>Gets one extent.</summary>
    /// <param name="dimension">Counted from the outermost, or from the end.</param>
    public long this[Index dimension] => _extents[Checked(dimension.GetOffset(Rank))];

    /// <summary>Compares extents.</summary>
    /// <param name="left">One shape.</param>
    /// <param name="right">The other shape.</param>
    /// <returns>Whether rank and extents agree.</returns>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Compares extents.</summary>
    /// <param name="left">One shape.</param>
    /// <param name="right">The other shape.</param>
    /// <returns>Whether rank or an extent differs.</returns>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(Shape other) =>
        Rank == other.Rank && ((ReadOnlySpan<long>)_extents).SequenceEqual(other._extents);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, _extents[0], _extents[1], _extents[2], _extents[3]);

    /// <summary>Writes the extents as <c>[4, 512]</c>.</summary>
    /// <returns>The text that error messages show.</returns>
    public override string ToString() => $"[{string.Join(", ", ((ReadOnlySpan<long>)_extents)[..Rank].ToArray())}]";

    /// <summary>Writes where an element is.</summary>
    /// <param name="index">Its place in the flat tensor.</param>
    /// <returns>The place in each dimension, as <c>[0, 17]</c>.</returns>
    internal string Place(long index)
    {
        long[] places = new long[Rank];
        for (int i = Rank - 1; i >= 0; i--)
        {
            (index, places[i]) = Math.DivRem(index, _extents[i]);
        }

        return $"[{string.Join(", ", places)}]";
    }

    private int Checked(int dimension) =>
        (uint)dimension < (uint)Rank ? dimension : throw new ArgumentOutOfRangeException(nameof(dimension), $"Shape {this} has no dimension {dimension}.");

    [InlineArray(Length)]
    private struct Extents
    {
        internal const int Length = 4;
        private long _first;
    }
}
