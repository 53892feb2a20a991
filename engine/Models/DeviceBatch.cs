using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>A packed batch on the device; <see cref="PackedBatch.Upload"/> makes it. Tensors that would be empty do not exist.</summary>
internal readonly record struct DeviceBatch
{
    /// <summary>Gets the language model's sequences.</summary>
    internal Sequences Sequences { get; init; }

    /// <summary>Gets token ids and image rows, as <c>Embedding</c> reads them.</summary>
    internal Tensor Source { get; init; }

    /// <summary>Gets the normalised pictures, <c>[pictures, 3, edge, edge]</c>.</summary>
    internal Tensor Pixels { get; init; }

    /// <summary>Gets where each picture begins among the vision tower's rows.</summary>
    internal Tensor VisionCuSeqlens { get; init; }

    /// <summary>Gets the vision tower's rows that the projector reads; none when it reads all.</summary>
    internal Tensor FeatureRows { get; init; }

    /// <summary>Gets the packed row of every image row.</summary>
    internal Tensor ImageRows { get; init; }

    /// <summary>Gets the rows whose next token is labelled.</summary>
    internal Tensor LabelledRows { get; init; }

    /// <summary>Gets their labels.</summary>
    internal Tensor Labels { get; init; }

    /// <summary>Gets room for their losses.</summary>
    internal Tensor Losses { get; init; }

    /// <summary>Gets the distinct token ids, ascending.</summary>
    internal Tensor TokenIds { get; init; }

    /// <summary>Gets where each distinct id's rows begin in <see cref="TokenRows"/>.</summary>
    internal Tensor TokenStarts { get; init; }

    /// <summary>Gets the text rows, by token id.</summary>
    internal Tensor TokenRows { get; init; }
}
