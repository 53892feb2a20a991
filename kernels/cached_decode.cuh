#pragma once
#include "common.cuh"

// Attention of one new row a sequence over its cached rows, the new one included. The time is that of reading keys and values once, so the keys of a sequence are split over blocks:
// gridDim.x splits of about the same size, whatever the length, which is read from memory. All query heads of a group use what was loaded. A partial result is the largest score m (in
// powers of two), l = sum of 2^(s - m), and the sums of 2^(s - m) times the values, all fp32; a second kernel joins the splits in their order.

constexpr int DECODE_THREADS = 128;
constexpr int DECODE_KEYS = 4;      // keys whose loads a thread has under way
constexpr int DECODE_SPLITS = 128; // at most

// The keys of a split: whole steps of a block, so that no load is left idle but the last.
DEVICE int keys_of_split(int keys, int splits, int step)
{
    return ((keys + splits - 1) / splits + step - 1) / step * step;
}

// The weight of sums made with maximum m when the maximum is top; none where there are no keys yet.
DEVICE float weight_of(float m, float top) { return m == -infinity() ? 0.0f : exp2_approx(m - top); }

// Lanes threads share a key, each with Vectors times N of its elements: Lanes * Vectors * N is D or more. Heads: query heads of a group that a block takes.
// blockIdx: x split, y key-value head and part of its group, z sequence. Shared memory: a warp's partial result for each of the block's warps.
template <typename T, int N, int Lanes, int Vectors, int Heads>
__global__ void __launch_bounds__(DECODE_THREADS) cached_attention_split(
    float* sums, float* statistics, const T* qkv, const T* keys, const T* values, const i32* cu_seqlens, const i32* past, int heads, int kv_heads, int head_size, int capacity,
    float scale_log2)
{
    constexpr int groups = DECODE_THREADS / Lanes;
    constexpr int warps = DECODE_THREADS / 32;
    constexpr int width = Vectors * N;
    const int sequence = blockIdx.z;
    const i64 row = cu_seqlens[sequence];
    const int count = past[sequence] + 1;
    const int share = keys_of_split(count, gridDim.x, groups * DECODE_KEYS);
    const int first = blockIdx.x * share;
    if (cu_seqlens[sequence + 1] == row || first >= count)
    {
        return;
    }

    const int last = min(first + share, count);
    const int group = heads / kv_heads;
    const int parts = (group + Heads - 1) / Heads;
    const int kv_head = blockIdx.y / parts;
    const int part = blockIdx.y - kv_head * parts;
    const int first_head = kv_head * group + part * Heads;
    const int head_count = min(Heads, group - part * Heads);
    const int lane = threadIdx.x % Lanes;
    const i64 cache = ((i64)sequence * kv_heads + kv_head) * capacity * head_size;

    float q[Heads][width];
    float sum[Heads][width];
    float m[Heads];
    float l[Heads];
#pragma unroll
    for (int h = 0; h < Heads; h++)
    {
        m[h] = -infinity();
        l[h] = 0.0f;
#pragma unroll
        for (int w = 0; w < Vectors; w++)
        {
            const int e = (w * Lanes + lane) * N;
            float x[N] = {};
            if (h < head_count && e < head_size)
            {
                load(qkv + (row * (heads + 2 * kv_heads) + first_head + h) * head_size + e, x);
            }

#pragma unroll
            for (int j = 0; j < N; j++)
            {
                q[h][w * N + j] = x[j] * scale_log2;
                sum[h][w * N + j] = 0.0f;
            }
        }
    }

    for (int at = first; at < last; at += groups * DECODE_KEYS)
    {
        Packed<T, N> k[DECODE_KEYS][Vectors];
        Packed<T, N> v[DECODE_KEYS][Vectors];
        const int key = at + threadIdx.x / Lanes;
#pragma unroll
        for (int u = 0; u < DECODE_KEYS; u++)
        {
#pragma unroll
            for (int w = 0; w < Vectors; w++)
            {
                const int e = (w * Lanes + lane) * N;
                const bool exists = key + u * groups < last && e < head_size;
                k[u][w] = exists ? Packed<T, N>::from(keys + cache + (i64)(key + u * groups) * head_size + e) : Packed<T, N>{};
            }
        }

#pragma unroll
        for (int u = 0; u < DECODE_KEYS; u++)
        {
#pragma unroll
            for (int w = 0; w < Vectors; w++)
            {
                const int e = (w * Lanes + lane) * N;
                const bool exists = key + u * groups < last && e < head_size;
                v[u][w] = exists ? Packed<T, N>::from(values + cache + (i64)(key + u * groups) * head_size + e) : Packed<T, N>{};
            }
        }

        float s[Heads][DECODE_KEYS];
#pragma unroll
        for (int u = 0; u < DECODE_KEYS; u++)
        {
            float x[width];
#pragma unroll
            for (int w = 0; w < Vectors; w++)
            {
                k[u][w].unpack(*reinterpret_cast<float(*)[N]>(x + w * N));
            }

#pragma unroll
            for (int h = 0; h < Heads; h++)
            {
                float product = 0.0f;
#pragma unroll
                for (int j = 0; j < width; j++)
                {
                    product += q[h][j] * x[j];
                }

#pragma unroll
                for (int distance = Lanes / 2; distance > 0; distance /= 2)
                {
                    product += __shfl_xor_sync(FULL_WARP, product, distance);
                }

                s[h][u] = key + u * groups < last ? product : -infinity();
            }
        }

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
            for (int j = 0; j < width; j++)
            {
                sum[h][j] *= factor;
            }

#pragma unroll
            for (int u = 0; u < DECODE_KEYS; u++)
            {
                s[h][u] = weight_of(s[h][u], top);
                l[h] += s[h][u];
            }
        }

#pragma unroll
        for (int u = 0; u < DECODE_KEYS; u++)
        {
            float x[width];
#pragma unroll
            for (int w = 0; w < Vectors; w++)
            {
                v[u][w].unpack(*reinterpret_cast<float(*)[N]>(x + w * N));
            }

#pragma unroll
            for (int h = 0; h < Heads; h++)
            {
#pragma unroll
                for (int j = 0; j < width; j++)
                {
                    sum[h][j] += s[h][u] * x[j];
                }
            }
        }
    }

    // The warp's groups of lanes, each of which had other keys.
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
            for (int j = 0; j < width; j++)
            {
                sum[h][j] = sum[h][j] * own_weight + __shfl_xor_sync(FULL_WARP, sum[h][j], distance) * other_weight;
            }
        }
    }

    // The block's warps.
    float* shared_statistics = reinterpret_cast<float*>(shared_memory());
    float* shared_sums = shared_statistics + warps * Heads * 2;
    const int warp = threadIdx.x / 32;
    if (threadIdx.x % 32 < Lanes)
    {
#pragma unroll
        for (int h = 0; h < Heads; h++)
        {
            if (lane == 0)
            {
                shared_statistics[(warp * Heads + h) * 2] = m[h];
                shared_statistics[(warp * Heads + h) * 2 + 1] = l[h];
            }

#pragma unroll
            for (int w = 0; w < Vectors; w++)
            {
                const int e = (w * Lanes + lane) * N;
#pragma unroll
                for (int j = 0; j < N; j++)
                {
                    if (e + j < head_size)
                    {
                        shared_sums[(warp * Heads + h) * head_size + e + j] = sum[h][w * N + j];
                    }
                }
            }
        }
    }

    __syncthreads();
    for (int i = threadIdx.x; i < head_count * head_size; i += DECODE_THREADS)
    {
        const int h = i / head_size;
        const int e = i - h * head_size;
        float top = -infinity();
#pragma unroll
        for (int w = 0; w < warps; w++)
        {
            top = fmaxf(top, shared_statistics[(w * Heads + h) * 2]);
        }

        float total = 0.0f;
        float x = 0.0f;
#pragma unroll
        for (int w = 0; w < warps; w++)
        {
            const float weight = weight_of(shared_statistics[(w * Heads + h) * 2], top);
            total += weight * shared_statistics[(w * Heads + h) * 2 + 1];
            x += weight * shared_sums[(w * Heads + h) * head_size + e];
        }

        const i64 place = ((i64)sequence * heads + first_head + h) * gridDim.x + blockIdx.x;
        sums[place * head_size + e] = x;
        if (e == 0)
        {
            statistics[place * 2] = top;
            statistics[place * 2 + 1] = total;
        }
    }
}

// o = (sum over splits of 2^(m - top) sums) / (sum of 2^(m - top) l). A block takes a head of a sequence; step is the split kernel's.
template <typename T>
__global__ void __launch_bounds__(DECODE_THREADS) cached_attention_combine(
    T* o, const float* sums, const float* statistics, const i32* cu_seqlens, const i32* past, int heads, int head_size, int splits, int step)
{
    const i64 place = blockIdx.x;
    const int sequence = (int)(place / heads);
    const i64 row = cu_seqlens[sequence];
    if (cu_seqlens[sequence + 1] == row)
    {
        return;
    }

    const int count = past[sequence] + 1;
    const int share = keys_of_split(count, splits, step);
    const int used = (count + share - 1) / share;
    float* slots = reinterpret_cast<float*>(shared_memory());
    float* weights = slots + 2 * (DECODE_THREADS / 32);
    const int split = threadIdx.x;
    const bool exists = split < used;
    const float m = exists ? statistics[(place * splits + split) * 2] : -infinity();
    const float l = exists ? statistics[(place * splits + split) * 2 + 1] : 0.0f;
    const float weight = weight_of(m, block_max<DECODE_THREADS>(m, slots));
    weights[split] = weight;
    const float total = block_sum<DECODE_THREADS>(weight * l, slots + DECODE_THREADS / 32);
    for (int e = threadIdx.x; e < head_size; e += DECODE_THREADS)
    {
        float x = 0.0f;
#pragma unroll 8
        for (int s = 0; s < used; s++)
        {
            x += weights[s] * sums[(place * splits + s) * head_size + e];
        }

        o[(row * heads + (place - (i64)sequence * heads)) * head_size + e] = Vector<T>::store(x / total);
    }
}
