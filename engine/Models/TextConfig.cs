namespace LlavaCuda.Models;

/// <summary>Extents of a LLaMA decoder; the defaults are those of Hugging Face's <c>LlamaConfig</c> (7B).</summary>
public sealed record TextConfig
{
    /// <summary>Gets the width of the residual stream.</summary>
    public int HiddenSize { get; init; } = 4096;

    /// <summary>Gets the width inside the SwiGLU.</summary>
    public int IntermediateSize { get; init; } = 11008;

    /// <summary>Gets the number of layers.</summary>
    public int Layers { get; init; } = 32;

    /// <summary>Gets the number of query heads.</summary>
    public int Heads { get; init; } = 32;

    /// <summary>Gets the number of key and value heads; fewer than <see cref="Heads"/> is grouped-query attention.</summary>
    public int KvHeads { get; init; } = 32;

    /// <summary>Gets the width of one head.</summary>
    public int HeadSize { get; init; } = 128;

    /// <summary>Gets the number of rows of the embedding and of the head.</summary>
    public int VocabularySize { get; init; } = 32000;

    /// <summary>Gets the number of positions that the model was made for.</summary>
    public int MaxPositions { get; init; } = 2048;

    /// <summary>Gets the epsilon of every RMSNorm.</summary>
    public float RmsNormEpsilon { get; init; } = 1e-6f;

    /// <summary>Gets the base of the rotary angles.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>Gets how rotary angles are scaled, or null for plain ones.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Gets the id that begins a text.</summary>
    public int BosTokenId { get; init; } = 1;

    /// <summary>Gets the id that ends an answer.</summary>
    public int EosTokenId { get; init; } = 2;

    /// <summary>Gets further ids that end an answer, where a model has several.</summary>
    public TokenIds OtherEosTokenIds { get; init; }

    /// <summary>Gets the id that other programs pad with, or null.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>Gets the width of a packed query-key-value row.</summary>
    public int QkvSize => (Heads + (2 * KvHeads)) * HeadSize;

    /// <summary>Computes the rotary frequencies.</summary>
    /// <returns>Radians a position, of <see cref="HeadSize"/> / 2 pairs.</returns>
    internal double[] RotaryFrequencies()
    {
        double[] frequencies = new double[HeadSize / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            double plain = Math.Pow(RopeTheta, -2.0 * i / HeadSize);
            frequencies[i] = RopeScaling?.Scale(plain) ?? plain;
        }

        return frequencies;
    }
}
