#include "cached_join.cuh"

// Attention of one new row a sequence over its cached rows [sequences][kv heads][capacity][D], the new one included. The time is that of reading keys and values once, so the keys of a
// sequence are split over blocks: gridDim.x splits of about the same size, whatever the length, which is read from memory. All query heads of a group use what was loaded. The row can be
// rotated and appended on the way. Twin: engine/Ops/Cpu/CachedAttention.cs.

// Blocks of a multiprocessor that registers must leave room for. By their shared memory there is room for 6 in bf16 and 3 in single precision on sm_90, 4 and 2 on sm_80, 3 and 1 on sm_86
// and sm_89; as many as keep enough bytes under way are launched (SplitBlocks in CachedAttention.cs). Loads of single elements are for heads that hardly exist.
template <int N>
constexpr int DECODE_BLOCKS = N == 8 ? 4 : N == 4 ? 3 : 1;

// The keys of a split: whole steps of a block, so that no copy is left idle but the last.
DEVICE int keys_of_split(int keys, int splits, int step)
{
    return ((keys + splits - 1) / splits + step - 1) / step * step;
}

// Lanes threads share a key, each with Vectors times N of its elements: Lanes * Vectors * N is D or more. Heads: query heads of a group that a block takes.
// blockIdx: x split, y key-value head and part of its group, z sequence; a ticket for each y and z. With append the new row is turned (unless cosines is null) and put into the cache,
// else it is there already. Shared memory: for loads of 16 bytes, two steps of keys and values on their way; later the warps' results, then what joining splits needs.
template <typename T, int N, int Lanes, int Vectors, int Heads>
__global__ void __launch_bounds__(DECODE_THREADS, DECODE_BLOCKS<N>) cached_attention_decode(
    T* o, T* keys, T* values, u32* tickets, float* sums, float* statistics, const T* qkv, const float* cosines, const float* sines, const i32* positions, const i32* cu_seqlens,
    const i32* past, int append, int heads, int kv_heads, int head_size, int capacity, float scale_log2)
{
    using Steps = CachedSteps<T, N, Lanes, Vectors>;
    const int sequence = blockIdx.z;
    const i64 row = cu_seqlens[sequence];
    const int count = past[sequence] + 1;
    const int share = keys_of_split(count, gridDim.x, Steps::step);
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
    const i64 cache = ((i64)sequence * kv_heads + kv_head) * capacity * head_size;
    const Steps steps{keys + cache, values + cache, shared_memory() + threadIdx.x * 16, last, head_size};
    steps.start(first, 0);
    cp_async_commit();

    // The angles come last: their address takes a load of its own.
    NewRow<T, N, Lanes, Vectors, Heads> fresh;
    fresh.turned = cosines != nullptr;
    const T* heads_of_row = qkv + row * (heads + 2 * kv_heads) * head_size;
    fresh.load(heads_of_row + first_head * head_size, head_count, has_new ? heads_of_row + (heads + kv_head) * head_size : nullptr, kv_heads * head_size, head_size);
    if (fresh.turned)
    {
        const i64 angles = (i64)positions[row] * (head_size / 2);
        fresh.angles.load(cosines + angles, sines + angles, head_size / 2);
    }

    Queries<Heads, Lanes, Vectors, N> queries;
#pragma unroll
    for (int h = 0; h < Heads; h++)
    {
        fresh.unpack(queries.q[h], fresh.query[h]);
        each<Vectors, N>([&](int w, int j) { queries.q[h][w][j] *= scale_log2; });
    }

    PartialRow<Heads, Vectors, N> partial;
    float x[Vectors][N];
    if (has_new)
    {
        // All threads take part in the score; the first group of lanes counts it.
        const bool own = threadIdx.x < Lanes;
        fresh.unpack(x, fresh.key);
        float score[Heads];
#pragma unroll
        for (int h = 0; h < Heads; h++)
        {
            score[h] = queries.score(h, x);
        }

#pragma unroll
        for (int w = 0; w < Vectors; w++)
        {
            if (own && part == 0 && Steps::element(w) < head_size)
            {
                const i64 at = cache + (i64)(count - 1) * head_size + Steps::element(w);
                store(keys + at, x[w]);
                fresh.value.own[w].store(values + at);
            }
        }

        fresh.value.unpack(x);
        partial.begin(score, x, own);
    }

    int stage = 0;
    for (int at = first; at < last; at += Steps::step)
    {
        if (at + Steps::step < last)
        {
            steps.start(at + Steps::step, stage ^ 2);
        }

        cp_async_commit();
        cp_async_wait<1>();
        float s[Heads][DECODE_KEYS];
#pragma unroll
        for (int u = 0; u < DECODE_KEYS; u++)
        {
            steps.read(x, steps.keys, at, stage, u);
#pragma unroll
            for (int h = 0; h < Heads; h++)
            {
                const float score = queries.score(h, x);
                s[h][u] = Steps::key(at, u) < last ? score : -infinity();
            }
        }

        partial.count(s);
#pragma unroll
        for (int u = 0; u < DECODE_KEYS; u++)
        {
            steps.read(x, steps.values, at, stage + 1, u);
            partial.add(s, u, x);
        }

        stage ^= 2;
    }

    // The warps' results are put where the copies were: none may arrive on top of them, not even the zeros of a split that has the new row only, and nobody may still read there.
    cp_async_wait<0>();
    partial.template join_groups<Lanes>();
    float* shared = reinterpret_cast<float*>(shared_memory());
    float* shared_sums = shared + DECODE_WARPS * Heads * 2;
    __syncthreads();
    partial.template put<Lanes>(shared, shared_sums, head_size);
    __syncthreads();
    const PartialPlace place{sums, statistics, ((i64)sequence * heads + first_head) * gridDim.x, (int)gridDim.x, head_size};
    const int used = (count + share - 1) / share;
    o += (row * heads + first_head) * head_size;
    join_warps<Heads>(o, place, used, shared, shared_sums, head_count);
    if (used > 1 && ends_last(tickets + (i64)sequence * gridDim.y + blockIdx.y, used, shared + JOIN_LAST))
    {
        join_splits<Heads, (N > 1 ? 4 : 1)>(o, place, used, head_count, shared);
    }
}
