#pragma once
#include "cached_slices.cuh"

// Partial results of attention, of one row and some of its keys: the largest score m (in powers of two), l = sum of 2^(s - m), and the sums of 2^(s - m) times the values, all fp32. They
// are joined from threads to warps, to blocks, and to the row's result by the block that ends last: o = (sum of 2^(m - top) sums) / (sum of 2^(m - top) l), always in the same order.

// The weight of sums made with maximum m when the maximum is top; none where there are no keys yet.
DEVICE float weight_of(float m, float top) { return m == -infinity() ? 0.0f : exp2_approx(m - top); }

// A partial result of some heads: a thread's, over its keys and its Vectors times N columns.
template <int Heads, int Vectors, int N>
struct PartialRow
{
    float m[Heads];
    float l[Heads];
    float sum[Heads][Vectors][N];

    DEVICE PartialRow()
    {
#pragma unroll
        for (int h = 0; h < Heads; h++)
        {
            m[h] = -infinity();
            l[h] = 0.0f;
            each<Vectors, N>([&](int w, int j) { sum[h][w][j] = 0.0f; });
        }
    }

    // Begins with a single key, in the threads where it counts.
    DEVICE void begin(const float (&score)[Heads], const float (&x)[Vectors][N], bool counts)
    {
#pragma unroll
        for (int h = 0; h < Heads; h++)
        {
            m[h] = counts ? score[h] : -infinity();
            l[h] = counts ? 1.0f : 0.0f;
            each<Vectors, N>([&](int w, int j) { sum[h][w][j] = counts ? x[w][j] : 0.0f; });
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

            each<Vectors, N>([&](int w, int j) { sum[h][w][j] *= factor; });
        }
    }

    // Adds the values of key u of the scores that were counted.
    DEVICE void add(const float (&weights)[Heads][DECODE_KEYS], int u, const float (&x)[Vectors][N])
    {
#pragma unroll
        for (int h = 0; h < Heads; h++)
        {
            each<Vectors, N>([&](int w, int j) { sum[h][w][j] += weights[h][u] * x[w][j]; });
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
                each<Vectors, N>([&](int w, int j) { sum[h][w][j] = sum[h][w][j] * own_weight + __shfl_xor_sync(FULL_WARP, sum[h][w][j], distance) * other_weight; });
            }
        }
    }

    // Puts the result of the warp, which every group of lanes has, into shared memory: statistics [warps][Heads][2], sums [warps][Heads][D].
    template <int Lanes>
    DEVICE void put(float* statistics, float* sums, int head_size) const
    {
        const int lane = threadIdx.x % 32;
        const int warp = threadIdx.x / 32;
        if (lane >= Lanes)
        {
            return;
        }

#pragma unroll
        for (int h = 0; h < Heads; h++)
        {
            const int at = warp * Heads + h;
            if (lane == 0)
            {
                statistics[at * 2] = m[h];
                statistics[at * 2 + 1] = l[h];
            }

#pragma unroll
            for (int w = 0; w < Vectors; w++)
            {
                // Heads consist of whole loads.
                const int e = (w * Lanes + lane) * N;
                if (e < head_size)
                {
#pragma unroll
                    for (int j = 0; j < N; j++)
                    {
                        sums[at * head_size + e + j] = sum[h][w][j];
                    }
                }
            }
        }
    }
};
