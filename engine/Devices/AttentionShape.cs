namespace LlavaCuda.Devices;

/// <summary>How the heads of an attention lie in a packed row <c>[q heads | k heads | v heads]</c>.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">Key and value heads; query head h reads <c>h / (Heads / KvHeads)</c>.</param>
/// <param name="HeadSize">Width of a head.</param>
/// <param name="Causal">Whether a row sees only itself and the rows before it in its sequence.</param>
public readonly record struct AttentionShape(int Heads, int KvHeads, int HeadSize, bool Causal)
{
    /// <summary>Gets the width of a packed row.</summary>
    public int QkvSize => (Heads + (2 * KvHeads)) * HeadSize;

    /// <summary>Gets the width of an output row.</summary>
    public int OutputSize => Heads * HeadSize;

    /// <summary>Gets the factor on the scores, 1/√headSize.</summary>
    public float Scale => 1f / MathF.Sqrt(HeadSize);
}
