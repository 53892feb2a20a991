#pragma once
#include "common.cuh"

// Partial results of attention, of one row and some of its keys: the largest score m (in powers of two), l = sum of 2^(s - m), and the sums of 2^(s - m) times the values, all fp32. They
// are joined from threads to warps, to blocks, and to the row's result by the block that ends last: o = (sum of 2^(m - top) sums) / (sum of 2^(m - top) l), always in the same order.

constexpr int DECODE_THREADS = 128;
constexpr int DECODE_WARPS = DECODE_THREADS / 32;
constexpr int DECODE_KEYS = 4; // keys of a thread's step
constexpr int JOIN_SLOTS = 2 * DECODE_WARPS + DECODE_THREADS;

// The weight of sums made with maximum m when the maximum is top; none where there are no keys yet.
DEVICE float weight_of(float m, float top) { return m == -infinity() ? 0.0f : exp2_approx(m - top); }

// A partial result of some heads: a thread's, over its keys and its Width columns.
template <int Heads, int Width>
struct PartialRow
{
    float m[Heads];
    float l[Heads];
    float sum[Heads][Width];

    DEVICE PartialRow()
    {
#pragma unroll
        for (int h = 0; h < Heads; h++)
        {
            m[h] = -infinity();
            l[h] = 0.0f;
#pragma unroll
            for (int j = 0; j < Width; j++)
            {
                sum[h][j] = 0.0f;
            }
        }
    }

    // Puts the sums under the maximum that counts these scores too, and turns them into weights.
    DEVICE void count(float (&s)[Heads][DECODE_KEYS])
    {
#pragma unroll
        for (int h = 0; h < Heads; h++)
        {
            float top = m[h];
#pragma unroll
            for (int u = 0; u < DECODE_KEYS; u++)
            {
                top = fmaxf(top, s[h][u]);
            }

            const float factor = weight_of(m[h], top);
            m[h] = top;
            l[h] *= factor;
#pragma unroll
            for (int u = 0; u < DECODE_KEYS; u++)
            {
                s[h][u] = weight_of(s[h][u], top);
                l[h] += s[h][u];
            }

#pragma unroll
            for (int j = 0; j < Width; j++)
            {
                sum[h][j] *= factor;
            }
        }
    }

    // Adds the values of key u of the scores that were counted.
    DEVICE void add(const float (&weights)[Heads][DECODE_KEYS], int u, const float (&x)[Width])
    {
#pragma unroll
        for (int h = 0; h < Heads; h++)
        {
#pragma unroll
            for (int j = 0; j < Width; j++)
            {
                sum[h][j] += weights[h][u] * x[j];
            }
        }
    }

    // Joins the results of the warp's groups of lanes, each of which had other keys.
    template <int Lanes>
    DEVICE void join_groups()
    {
#pragma unroll
        for (int distance = Lanes; distance < 32; distance *= 2)
        {
#pragma unroll
            for (int h = 0; h < Heads; h++)
            {
                const float other = __shfl_xor_sync(FULL_WARP, m[h], distance);
                const float top = fmaxf(m[h], other);
                const float own_weight = weight_of(m[h], top);
                const float other_weight = weight_of(other, top);
                m[h] = top;
                l[h] = l[h] * own_weight + __shfl_xor_sync(FULL_WARP, l[h], distance) * other_weight;
#pragma unroll
                for (int j = 0; j < Width; j++)
                {
                    sum[h][j] = sum[h][j] * own_weight + __shfl_xor_sync(FULL_WARP, sum[h][j], distance) * other_weight;
                }
            }
        }
    }
};

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

// Joins the warps' results in shared memory, statistics [warps][Heads][2] and sums [warps][Heads][D], to one of the block.
template <int Heads>
DEVICE void join_warps(const PartialPlace& place, const float* shared_statistics, const float* shared_sums, int head_count)
{
    for (int i = threadIdx.x; i < head_count * place.head_size; i += DECODE_THREADS)
    {
        const int h = i / place.head_size;
        const int e = i - h * place.head_size;
        float top = -infinity();
#pragma unroll
        for (int w = 0; w < DECODE_WARPS; w++)
        {
            top = fmaxf(top, shared_statistics[(w * Heads + h) * 2]);
        }

        float total = 0.0f;
        float x = 0.0f;
#pragma unroll
        for (int w = 0; w < DECODE_WARPS; w++)
        {
            const float weight = weight_of(shared_statistics[(w * Heads + h) * 2], top);
            total += weight * shared_statistics[(w * Heads + h) * 2 + 1];
            x += weight * shared_sums[(w * Heads + h) * place.head_size + e];
        }

        const i64 at = place.at(h, blockIdx.x);
        place.sums[at * place.head_size + e] = x;
        if (e == 0)
        {
            place.statistics[at * 2] = top;
            place.statistics[at * 2 + 1] = total;
        }
    }
}

// Joins the splits of the block's heads. A thread has the weight of a split. Other multiprocessors have written: reads go past the first cache. slots: two numbers a warp and a weight a
// thread; the barriers of both reductions keep one head's apart from the next one's.
template <typename T>
DEVICE void join_splits(T* o, const PartialPlace& place, int used, int head_count, float* slots)
{
    float* weights = slots + 2 * DECODE_WARPS;
    const volatile float* sums = place.sums;
    const volatile float* statistics = place.statistics;
    const int split = threadIdx.x;
    for (int h = 0; h < head_count; h++)
    {
        const float m = split < used ? statistics[place.at(h, split) * 2] : -infinity();
        const float l = split < used ? statistics[place.at(h, split) * 2 + 1] : 0.0f;
        const float weight = weight_of(m, block_max<DECODE_THREADS>(m, slots));
        weights[split] = weight;
        const float total = block_sum<DECODE_THREADS>(weight * l, slots + DECODE_WARPS);
#pragma unroll 1
        for (int e = threadIdx.x; e < place.head_size; e += DECODE_THREADS)
        {
            float x = 0.0f;
#pragma unroll 8
            for (int s = 0; s < used; s++)
            {
                x += weights[s] * sums[place.at(h, s) * place.head_size + e];
            }

            o[(i64)h * place.head_size + e] = Vector<T>::store(x / total);
        }
    }
}

// Whether this block is the last of some that end here. ticket: zero before the first of them and after the last. slot: shared memory that nobody else uses.
DEVICE bool ends_last(u32* ticket, int blocks, float* slot)
{
    __syncthreads();
    if (threadIdx.x == 0)
    {
        // What this block wrote is seen by whoever sees its ticket; and this block sees what those wrote whose tickets it sees.
        __threadfence();
        const bool last = atomicAdd(ticket, 1u) == (u32)blocks - 1;
        __threadfence();
        *slot = last ? 1.0f : 0.0f;
        if (last)
        {
            *ticket = 0;
        }
    }

    __syncthreads();
    return *slot != 0.0f;
}
