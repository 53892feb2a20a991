#include "cached_partial.cuh"

// Attention of one new row a sequence over its cached rows [sequences][kv heads][capacity][D], the new one included. The time is that of reading keys and values once, so the keys of a
// sequence are split over blocks: gridDim.x splits of about the same size, whatever the length, which is read from memory. All query heads of a group use what was loaded. The row can be
// rotated and appended on the way. Twin: engine/Ops/Cpu/CachedAttention.cs.

// Blocks of a multiprocessor: shared memory has room for no more on most, so that the compiler need not save registers for more.
template <int N>
constexpr int DECODE_BLOCKS = N > 1 ? 3 : 1;

// The keys of a split: whole steps of a block, so that no copy is left idle but the last.
DEVICE int keys_of_split(int keys, int splits, int step)
{
    return ((keys + splits - 1) / splits + step - 1) / step * step;
}

// N elements of a head of a row, turned by the angles of its position and rounded as if they had been stored. half: D / 2, a multiple of N where there are angles.
template <typename T, int N>
DEVICE void load_turned(float (&x)[N], const T* head, int e, int half, const float* cosines, const float* sines)
{
    load(head + e, x);
    if (cosines != nullptr)
    {
        const bool upper = e >= half;
        const int pair = upper ? e - half : e;
        float other[N], c[N], s[N];
        load(head + (upper ? pair : e + half), other);
        load(cosines + pair, c);
        load(sines + pair, s);
#pragma unroll
        for (int j = 0; j < N; j++)
        {
            x[j] = rounded<T>(upper ? x[j] * c[j] + other[j] * s[j] : x[j] * c[j] - other[j] * s[j]);
        }
    }
}

// Lanes threads share a key, each with Vectors times N of its elements: Lanes * Vectors * N is D or more. Heads: query heads of a group that a block takes.
// blockIdx: x split, y key-value head and part of its group, z sequence; a ticket for each y and z. With append the new row is turned (unless cosines is null) and put into the cache,
// else it is there already. Shared memory: the warps' results, or what joining splits needs; then, for loads of 16 bytes, two steps of keys and values on their way. Every
// thread copies what it will read itself, so that it has to wait for nobody; in registers the compiler would let few loads be under way at a time.
template <typename T, int N, int Lanes, int Vectors, int Heads>
__global__ void __launch_bounds__(DECODE_THREADS, DECODE_BLOCKS<N>) cached_attention_decode(
    T* o, T* keys, T* values, u32* tickets, float* sums, float* statistics, const T* qkv, const float* cosines, const float* sines, const i32* positions, const i32* cu_seqlens,
    const i32* past, int append, int heads, int kv_heads, int head_size, int capacity, float scale_log2)
{
    constexpr int groups = DECODE_THREADS / Lanes;
    constexpr int width = Vectors * N;
    constexpr int step = groups * DECODE_KEYS;
    const int sequence = blockIdx.z;
    const i64 row = cu_seqlens[sequence];
    const int count = past[sequence] + 1;
    const int share = keys_of_split(count, gridDim.x, step);
    const int first = blockIdx.x * share;
    if (cu_seqlens[sequence + 1] == row || first >= count)
    {
        return;
    }

    // The new row is not read from the cache when it is on its way there.
    const bool has_new = append != 0 && first + share >= count;
    const int last = min(first + share, count) - (has_new ? 1 : 0);
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

    // A thread's element w of key u of the step at `at`; groups keys lie between those of a thread.
    const auto key_of = [&](int at, int u) { return at + u * groups + (int)threadIdx.x / Lanes; };
    const auto element_of = [&](int w) { return (w * Lanes + lane) * N; };
    const auto address_of = [&](T* cached, int at, int u, int w) { return cached + cache + (i64)key_of(at, u) * head_size + element_of(w); };
    const auto exists = [&](int at, int u, int w) { return key_of(at, u) < last && element_of(w) < head_size; };
    const auto slot_of = [&](int stage, int u, int w) { return on_the_way + ((stage * DECODE_KEYS + u) * Vectors + w) * DECODE_THREADS * 16; };
    const auto start = [&](T* cached, int at, int stage) {
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
    const auto read = [&](float(&x)[width], T* cached, int at, int stage, int u) {
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

    const i64 angles = cosines == nullptr ? 0 : (i64)positions[row] * (head_size / 2);
    const auto read_new = [&](float(&x)[width], int head, bool turned) {
        const T* from = qkv + (row * (heads + 2 * kv_heads) + head) * head_size;
#pragma unroll
        for (int w = 0; w < Vectors; w++)
        {
            float part_of_head[N] = {};
            if (element_of(w) < head_size)
            {
                load_turned(part_of_head, from, element_of(w), head_size / 2, turned && cosines != nullptr ? cosines + angles : nullptr, sines + angles);
            }

#pragma unroll
            for (int j = 0; j < N; j++)
            {
                x[w * N + j] = part_of_head[j];
            }
        }
    };
    float q[Heads][width];
#pragma unroll
    for (int h = 0; h < Heads; h++)
    {
        read_new(q[h], first_head + min(h, head_count - 1), true);
#pragma unroll
        for (int j = 0; j < width; j++)
        {
            q[h][j] *= scale_log2;
        }
    }

    const auto score = [&](float(&s)[Heads][DECODE_KEYS], const float(&x)[width], int u, bool counts) {
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

            s[h][u] = counts ? product : -infinity();
        }
    };
    PartialRow<Heads, width> partial;
    if (has_new)
    {
        // The first group of lanes has the new row.
        const bool own = threadIdx.x < Lanes;
        float s[Heads][DECODE_KEYS];
        float x[width];
        read_new(x, heads + kv_head, true);
#pragma unroll
        for (int u = 0; u < DECODE_KEYS; u++)
        {
            score(s, x, u, own && u == 0);
        }

        const auto keep = [&](T* cached) {
#pragma unroll
            for (int w = 0; w < Vectors; w++)
            {
                if (own && part == 0 && element_of(w) < head_size)
                {
                    store(cached + cache + (i64)(count - 1) * head_size + element_of(w), *reinterpret_cast<const float(*)[N]>(x + w * N));
                }
            }
        };
        keep(keys);
        partial.count(s);
        read_new(x, heads + kv_heads + kv_head, false);
        keep(values);
        partial.add(s, 0, x);
    }

    int stage = 0;
    for (int at = first; at < last; at += step)
    {
        if (at + step < last)
        {
            start(keys, at + step, stage ^ 2);
            start(values, at + step, stage ^ 3);
        }

        cp_async_commit();
        cp_async_wait<1>();
        float s[Heads][DECODE_KEYS];
#pragma unroll
        for (int u = 0; u < DECODE_KEYS; u++)
        {
            float x[width];
            read(x, keys, at, stage, u);
            score(s, x, u, key_of(at, u) < last);
        }

        partial.count(s);
#pragma unroll
        for (int u = 0; u < DECODE_KEYS; u++)
        {
            float x[width];
            read(x, values, at, stage ^ 1, u);
            partial.add(s, u, x);
        }

        stage ^= 2;
    }

    // None of the copies may arrive on top of what is put there now.
    cp_async_wait<0>();
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
    const PartialPlace place{sums, statistics, ((i64)sequence * heads + first_head) * gridDim.x, (int)gridDim.x, head_size};
    join_warps<Heads>(place, shared_statistics, shared_sums, head_count);
    const int used = (count + share - 1) / share;
    if (ends_last(tickets + (i64)sequence * gridDim.y + blockIdx.y, used, shared_statistics + JOIN_SLOTS))
    {
        join_splits(o + (row * heads + first_head) * head_size, place, used, head_count, shared_statistics);
    }
}
