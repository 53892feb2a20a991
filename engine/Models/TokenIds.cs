using System.Collections;
using System.Globalization;

namespace LlavaCuda.Models;

/// <summary>Token ids that are equal where their values are.</summary>
/// <param name="ids">The ids.</param>
public readonly struct TokenIds(params int[] ids) : IReadOnlyList<int>, IEquatable<TokenIds>
{
    private readonly int[]? _ids = ids;

    /// <inheritdoc/>
    public int Count => _ids?.Length ?? 0;

    /// <inheritdoc/>
    public int this[int index] => _ids![index];

    /// <summary>Compares ids in their order.</summary>
    /// <param name="left">Some ids.</param>
    /// <param name="right">Others.</param>
    /// <returns>Whether they are equal.</returns>
    public static bool operator ==(TokenIds left, TokenIds right) => left.Equals(right);

    /// <summary>Compares ids in their order.</summary>
    /// <param name="left">Some ids.</param>
    /// <param name="right">Others.</param>
    /// <returns>Whether they differ.</returns>
    public static bool operator !=(TokenIds left, TokenIds right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(TokenIds other) => (_ids ?? []).AsSpan().SequenceEqual(other._ids ?? []);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TokenIds other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (int id in _ids ?? [])
        {
            hash.Add(id);
        }

        return hash.ToHashCode();
    }

    /// <summary>Writes the ids.</summary>
    /// <returns>The ids in their order.</returns>
    public override string ToString() => string.Join(", ", (_ids ?? []).Select(static id => id.ToString(CultureInfo.InvariantCulture)));

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)(_ids ?? [])).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
