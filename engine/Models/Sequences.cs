using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>Where sequences begin among packed rows, on the device.</summary>
/// <param name="CuSeqlens">Int32 <c>[sequences + 1]</c>.</param>
/// <param name="MaxLength">The longest sequence's length.</param>
/// <param name="Rotary">Angles, and the position of every row.</param>
/// <param name="Past">Int32 <c>[sequences]</c>: rows of each sequence that are in <paramref name="Cache"/> already; none without a cache.</param>
/// <param name="Cache">Keys and values of earlier rows, for generation.</param>
/// <param name="Begin">Whether no sequence that has packed rows has earlier ones.</param>
internal readonly record struct Sequences(Tensor CuSeqlens, int MaxLength, Rotary Rotary, Tensor Past = default, KvCache? Cache = null, bool Begin = false)
{
    /// <summary>Gets a value indicating whether the packed rows are all there is to see, and many.</summary>
    internal bool SeeThemselvesOnly => Begin && MaxLength > CachedAttention.FewRows;
}
