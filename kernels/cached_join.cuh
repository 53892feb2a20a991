#pragma once
#include "cached_partial.cuh"

// How the partial results of a block's warps, and then of a sequence's splits, become the row's.

// Splits of a sequence's keys, at most: what joining them has room for.
constexpr int DECODE_SPLITS = 128;

// Shared memory of joining, in floats: a weight for each split a warp may have, whether this block ends last, then the warps' results.
constexpr int JOIN_LAST = DECODE_WARPS * DECODE_SPLITS;
constexpr int JOIN_STATISTICS = JOIN_LAST + 4;
constexpr int JOIN_SUMS = JOIN_STATISTICS + 2 * DECODE_WARPS;

// The results of a block's heads, [heads][splits] in global memory: sums [D] and statistics (m, l).
struct PartialPlace
{
    float* sums;
    float* statistics;
    i64 first; // of the block's first head, split 0
    int splits;
    int head_size;

    DEVICE i64 at(int h, int split) const { return first + (i64)h * splits + split; }
};

// One element of a result, with the result's statistics.
struct JoinedElement
{
    float m;
    float l;
    float x;
};

// Element e of head h of the warps' results in shared memory, joined.
template <int Heads>
DEVICE JoinedElement join_element(const float* statistics, const float* sums, int h, int e, int head_size)
{
    JoinedElement all{-infinity(), 0.0f, 0.0f};
#pragma unroll
    for (int w = 0; w < DECODE_WARPS; w++)
    {
        all.m = fmaxf(all.m, statistics[(w * Heads + h) * 2]);
    }

#pragma unroll
    for (int w = 0; w < DECODE_WARPS; w++)
    {
        const float weight = weight_of(statistics[(w * Heads + h) * 2], all.m);
        all.l += weight * statistics[(w * Heads + h) * 2 + 1];
        all.x += weight * sums[(w * Heads + h) * head_size + e];
    }

    return all;
}

// Joins the warps' results in shared memory to one of the block: the row's result where there is one split only.
template <int Heads, typename T>
DEVICE void join_warps(T* o, const PartialPlace& place, int used, const float* statistics, const float* sums, int head_count)
{
    for (int i = threadIdx.x; i < head_count * place.head_size; i += DECODE_THREADS)
    {
        const int h = i / place.head_size;
        const int e = i - h * place.head_size;
        const JoinedElement all = join_element<Heads>(statistics, sums, h, e, place.head_size);
        if (used == 1)
        {
            o[i] = Vector<T>::store(all.x / all.l);
            continue;
        }

        const i64 at = place.at(h, blockIdx.x);
        place.sums[at * place.head_size + e] = all.x;
        if (e == 0)
        {
            place.statistics[at * 2] = all.m;
            place.statistics[at * 2 + 1] = all.l;
        }
    }
}

// Whether this block is the last of some that end here. ticket: zero before the first of them and after the last. slot: shared memory that nobody else uses.
DEVICE bool ends_last(u32* ticket, int blocks, float* slot)
{
    // What all threads of this block wrote comes before the barrier, that before the ticket: whoever sees the ticket sees it. Behind the second barrier all threads of the last block do,
    // for its first thread has seen the tickets of the others.
    __syncthreads();
    if (threadIdx.x == 0)
    {
        const bool last = atomic_add_acq_rel(ticket, 1) == (u32)blocks - 1;
        *slot = last ? 1.0f : 0.0f;
        if (last)
        {
            *ticket = 0;
        }
    }

    __syncthreads();
    return *slot != 0.0f;
}

template <int Width>
DEVICE void load_relaxed(float (&x)[Width], const float* address, bool valid)
{
    if constexpr (Width == 4)
    {
        Vector<float>::unpack(load_16_relaxed(address, valid), x);
    }
    else
    {
        static_assert(Width == 1, "one element or 16 bytes");
        x[0] = __uint_as_float(load_4_relaxed(address, valid));
    }
}

// The sum of a head's splits, `count` from the first on, each with its weight: Width elements. Eight loads are under way at a time, also where fewer splits are left.
template <int Width>
DEVICE void add_splits(float (&x)[Width], const float* weights, const float* sums, int count, int head_size)
{
    constexpr int loads = 8;
#pragma unroll 1
    for (int s = 0; s < count; s += loads)
    {
        float v[loads][Width];
#pragma unroll
        for (int j = 0; j < loads; j++)
        {
            load_relaxed(v[j], sums + (i64)(s + j) * head_size, s + j < count);
        }

#pragma unroll
        for (int j = 0; j < loads; j++)
        {
#pragma unroll
            for (int k = 0; k < Width; k++)
            {
                x[k] += weights[s + j] * v[j][k];
            }
        }
    }
}

// Joins the splits of the block's heads. A warp takes a head; where there is one head only, a share of its splits, and the warps' results are joined as before. Width: elements of a load
// of sums. Other multiprocessors have written what is read here: loads go past the first cache. shared: as JOIN_SUMS and its like divide it.
template <int Heads, int Width, typename T>
DEVICE void join_splits(T* o, const PartialPlace& place, int used, int head_count, float* shared)
{
    constexpr int shares = DECODE_WARPS / Heads;
    constexpr int rounds = DECODE_SPLITS / shares / 32;
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32;
    const int h = warp / shares;
    if (h >= head_count)
    {
        return;
    }

    const int share = (used + shares - 1) / shares;
    const int first = min(warp % shares * share, used);
    const int count = min(share, used - first);
    float* weights = shared + warp * DECODE_SPLITS;
    float m[rounds], l[rounds];
    float top = -infinity();
#pragma unroll
    for (int i = 0; i < rounds; i++)
    {
        const bool exists = i * 32 + lane < count;
        const float* statistics = place.statistics + place.at(h, first + i * 32 + lane) * 2;
        m[i] = exists ? __uint_as_float(load_4_relaxed(statistics, exists)) : -infinity();
        l[i] = __uint_as_float(load_4_relaxed(statistics + 1, exists));
        top = fmaxf(top, m[i]);
    }

    top = warp_max(top);
    float total = 0.0f;
#pragma unroll
    for (int i = 0; i < rounds; i++)
    {
        const float weight = weight_of(m[i], top);
        weights[i * 32 + lane] = weight;
        total += weight * l[i];
    }

    total = warp_sum(total);
    __syncwarp();
#pragma unroll 1
    for (int e = lane * Width; e < place.head_size; e += 32 * Width)
    {
        float x[Width] = {};
        add_splits(x, weights, place.sums + place.at(h, first) * place.head_size + e, count, place.head_size);
#pragma unroll
        for (int k = 0; k < Width; k++)
        {
            if constexpr (shares > 1)
            {
                shared[JOIN_SUMS + warp * place.head_size + e + k] = x[k];
            }
            else
            {
                x[k] /= total;
            }
        }

        if constexpr (shares == 1)
        {
            store(o + h * place.head_size + e, x);
        }
    }

    if constexpr (shares > 1)
    {
        if (lane == 0)
        {
            shared[JOIN_STATISTICS + warp * 2] = top;
            shared[JOIN_STATISTICS + warp * 2 + 1] = total;
        }

        __syncthreads();
        for (int e = threadIdx.x; e < place.head_size; e += DECODE_THREADS)
        {
            const JoinedElement all = join_element<1>(shared + JOIN_STATISTICS, shared + JOIN_SUMS, 0, e, place.head_size);
            o[e] = Vector<T>::store(all.x / all.l);
        }
    }
}
