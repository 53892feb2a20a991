#pragma once
#include "common.cuh"

// Attention of one new row a sequence over its cached rows, the new one included. The time is that of reading keys and values once, so the keys of a sequence are split over blocks:
// gridDim.x splits of about the same size, whatever the length, which is read from memory. All query heads of a group use what was loaded. A partial result is the largest score m (in
// powers of two), l = sum of 2^(s - m), and the sums of 2^(s - m) times the values, all fp32; a second kernel joins the splits in their order.

constexpr int DECODE_THREADS = 128;
constexpr int DECODE_WARPS = DECODE_THREADS / 32;
constexpr int DECODE_KEYS = 4; // keys of a thread's step

// The keys of a split: whole steps of a block, so that no copy is left idle but the last.
DEVICE int keys_of_split(int keys, int splits, int step)
{
    return ((keys + splits - 1) / splits + step - 1) / step * step;
}

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

// Joins the warps' results in shared memory and writes them: statistics [warps][Heads][2], sums [warps][Heads][D]. place is that of the block's first head.
template <int Heads>
DEVICE void join_warps(float* sums, float* statistics, const float* shared_statistics, const float* shared_sums, i64 place, int splits, int head_count, int head_size)
{
    for (int i = threadIdx.x; i < head_count * head_size; i += DECODE_THREADS)
    {
        const int h = i / head_size;
        const int e = i - h * head_size;
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
            x += weight * shared_sums[(w * Heads + h) * head_size + e];
        }

        const i64 at = place + (i64)h * splits;
        sums[at * head_size + e] = x;
        if (e == 0)
        {
            statistics[at * 2] = top;
            statistics[at * 2 + 1] = total;
        }
    }
}

// Lanes threads share a key, each with Vectors times N of its elements: Lanes * Vectors * N is D or more. Heads: query heads of a group that a block takes.
// blockIdx: x split, y key-value head and part of its group, z sequence. Shared memory: the warps' results; then, for loads of 16 bytes, two steps of keys and values on their way.
// Every thread copies what it will read itself, so that it has to wait for nobody; in registers the compiler would let few loads be under way at a time.
template <typename T, int N, int Lanes, int Vectors, int Heads>
__global__ void __launch_bounds__(DECODE_THREADS) cached_attention_split(
    float* sums, float* statistics, const T* qkv, const T* keys, const T* values, const i32* cu_seqlens, const i32* past, int heads, int kv_heads, int head_size, int capacity,
    float scale_log2)
{
    constexpr int groups = DECODE_THREADS / Lanes;
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
    float* shared_statistics = reinterpret_cast<float*>(shared_memory());
    float* shared_sums = shared_statistics + DECODE_WARPS * Heads * 2;
    char* on_the_way = reinterpret_cast<char*>(shared_sums + DECODE_WARPS * Heads * head_size) + threadIdx.x * 16;

    // A thread's element w of key u of the step at `at`; u * groups keys lie between those of a thread.
    const auto key_of = [&](int at, int u) { return at + u * groups + (int)threadIdx.x / Lanes; };
    const auto element_of = [&](int w) { return (w * Lanes + lane) * N; };
    const auto address_of = [&](const T* cached, int at, int u, int w) { return cached + cache + (i64)key_of(at, u) * head_size + element_of(w); };
    const auto exists = [&](int at, int u, int w) { return key_of(at, u) < last && element_of(w) < head_size; };
    const auto slot_of = [&](int stage, int u, int w) { return on_the_way + ((stage * DECODE_KEYS + u) * Vectors + w) * DECODE_THREADS * 16; };
    const auto start = [&](const T* cached, int at, int stage) {
        if constexpr (N > 1)
        {
#pragma unroll
            for (int u = 0; u < DECODE_KEYS; u++)
            {
#pragma unroll
                for (int w = 0; w < Vectors; w++)
                {
                    cp_async16(slot_of(stage, u, w), address_of(cached, at, u, w), exists(at, u, w));
                }
            }
        }
    };
    const auto read = [&](float(&x)[width], const T* cached, int at, int stage, int u) {
#pragma unroll
        for (int w = 0; w < Vectors; w++)
        {
            if constexpr (N > 1)
            {
                Vector<T>::unpack(load_shared_16(slot_of(stage, u, w)), x + w * N);
            }
            else
            {
                x[w] = exists(at, u, w) ? to_float(*address_of(cached, at, u, w)) : 0.0f;
            }
        }
    };

    start(keys, first, 0);
    start(values, first, 1);
    cp_async_commit();
    float q[Heads][width];
#pragma unroll
    for (int h = 0; h < Heads; h++)
    {
#pragma unroll
        for (int w = 0; w < Vectors; w++)
        {
            float x[N] = {};
            if (h < head_count && element_of(w) < head_size)
            {
                load(qkv + (row * (heads + 2 * kv_heads) + first_head + h) * head_size + element_of(w), x);
            }

#pragma unroll
            for (int j = 0; j < N; j++)
            {
                q[h][w * N + j] = x[j] * scale_log2;
            }
        }
    }

    PartialRow<Heads, width> partial;
    int stage = 0;
    for (int at = first; at < last; at += groups * DECODE_KEYS)
    {
        if (at + groups * DECODE_KEYS < last)
        {
            start(keys, at + groups * DECODE_KEYS, stage ^ 2);
            start(values, at + groups * DECODE_KEYS, stage ^ 3);
        }

        cp_async_commit();
        cp_async_wait<1>();
        float s[Heads][DECODE_KEYS];
#pragma unroll
        for (int u = 0; u < DECODE_KEYS; u++)
        {
            float x[width];
            read(x, keys, at, stage, u);
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

                s[h][u] = key_of(at, u) < last ? product : -infinity();
            }
        }

        partial.count(s);
#pragma unroll
        for (int u = 0; u < DECODE_KEYS; u++)
        {
            float x[width];
            read(x, values, at, stage ^ 1, u);
#pragma unroll
            for (int h = 0; h < Heads; h++)
            {
#pragma unroll
                for (int j = 0; j < width; j++)
                {
                    partial.sum[h][j] += s[h][u] * x[j];
                }
            }
        }

        stage ^= 2;
    }

    partial.template join_groups<Lanes>();
    const int warp = threadIdx.x / 32;
    if (threadIdx.x % 32 < Lanes)
    {
#pragma unroll
        for (int h = 0; h < Heads; h++)
        {
            if (lane == 0)
            {
                shared_statistics[(warp * Heads + h) * 2] = partial.m[h];
                shared_statistics[(warp * Heads + h) * 2 + 1] = partial.l[h];
            }

#pragma unroll
            for (int w = 0; w < Vectors; w++)
            {
#pragma unroll
                for (int j = 0; j < N; j++)
                {
                    if (element_of(w) < head_size)
                    {
                        shared_sums[(warp * Heads + h) * head_size + element_of(w) + j] = partial.sum[h][w * N + j];
                    }
                }
            }
        }
    }

    __syncthreads();
    const i64 place = ((i64)sequence * heads + first_head) * gridDim.x + blockIdx.x;
    join_warps<Heads>(sums, statistics, shared_statistics, shared_sums, place, gridDim.x, head_count, head_size);
}

// o = (sum over splits of 2^(m - top) sums) / (sum of 2^(m - top) l). A block takes a head of a sequence and has a thread for every split; step is the split kernel's.
template <typename T>
__global__ void __launch_bounds__(DECODE_THREADS) cached_attention_combine(
    T* o, const float* sums, const float* statistics, const i32* cu_seqlens, const i32* past, int heads, int head_size, int splits, int step)
{
    const i64 place = blockIdx.x;
    const int sequence = (int)(blockIdx.x / (u32)heads);
    const int head = (int)(blockIdx.x % (u32)heads);
    const i64 row = cu_seqlens[sequence];
    if (cu_seqlens[sequence + 1] == row)
    {
        return;
    }

    const int count = past[sequence] + 1;
    const int share = keys_of_split(count, splits, step);
    const int used = (count + share - 1) / share;
    float* slots = reinterpret_cast<float*>(shared_memory());
    float* weights = slots + 2 * DECODE_WARPS;
    const int split = threadIdx.x;
    const bool exists = split < used;
    const float m = exists ? statistics[(place * splits + split) * 2] : -infinity();
    const float l = exists ? statistics[(place * splits + split) * 2 + 1] : 0.0f;
    const float weight = weight_of(m, block_max<DECODE_THREADS>(m, slots));
    weights[split] = weight;
    const float total = block_sum<DECODE_THREADS>(weight * l, slots + DECODE_WARPS);
    for (int e = threadIdx.x; e < head_size; e += DECODE_THREADS)
    {
        float x = 0.0f;
#pragma unroll 8
        for (int s = 0; s < used; s++)
        {
            x += weights[s] * sums[(place * splits + s) * head_size + e];
        }

        o[(row * heads + head) * head_size + e] = Vector<T>::store(x / total);
    }
}
