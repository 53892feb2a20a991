#include "common.cuh"

// Attention over a cache of keys and values [sequences][kv heads][capacity][D]. This file: rotation of new rows and their way into the cache. cached_attention_decode.cu: one new row
// of a sequence. cached_attention_tiles.cu and cached_attention_simt.cu: many. Twin: engine/Ops/Cpu/CachedAttention.cs.

constexpr int APPEND_THREADS = 128;

// The last sequence that begins at or before a row: empty ones before it begin there too.
DEVICE int sequence_of_row(const i32* cu_seqlens, int sequences, int row)
{
    int low = 0;
    int high = sequences;
    while (high - low > 1)
    {
        int middle = (low + high) / 2;
        if (cu_seqlens[middle] <= row)
        {
            low = middle;
        }
        else
        {
            high = middle;
        }
    }

    return low;
}

// Turns the pairs (i, i + D/2) of query and key heads in place, as rope.cu does, and copies keys and values behind the `past` rows of their sequence. No cosines: nothing is turned.
// A thread takes N pairs of one head of one row: blockIdx.x the row, blockIdx.y and threadIdx.x the head and the pairs. When D is odd, the last element has no partner.
template <typename T, int N>
__global__ void __launch_bounds__(APPEND_THREADS) cached_append(
    T* keys, T* values, T* qkv, const float* cosines, const float* sines, const i32* positions, const i32* cu_seqlens, const i32* past, int sequences, int heads, int kv_heads,
    int head_size, int capacity)
{
    const int row = blockIdx.x;
    const int half = (head_size + 1) / 2;
    const int vectors = half / N;
    const int item = blockIdx.y * APPEND_THREADS + threadIdx.x;
    const int head = item / vectors;
    const int i = (item - head * vectors) * N;
    if (head >= heads + 2 * kv_heads)
    {
        return;
    }

    const bool turns = cosines != nullptr && head < heads + kv_heads;
    const bool pair = i + half < head_size;
    T* packed = qkv + ((i64)row * (heads + 2 * kv_heads) + head) * head_size + i;
    Packed<T, N> lower = Packed<T, N>::from(packed);
    Packed<T, N> upper = {};
    if (pair)
    {
        upper = Packed<T, N>::from(packed + half);
    }

    if (turns)
    {
        const i64 angles = (i64)positions[row] * half + i;
        float a[N], b[N], c[N], s[N];
        load(cosines + angles, c);
        load(sines + angles, s);
        lower.unpack(a);
        upper.unpack(b);
#pragma unroll
        for (int j = 0; j < N; j++)
        {
            float turned = a[j] * c[j] - b[j] * s[j];
            b[j] = b[j] * c[j] + a[j] * s[j];
            a[j] = turned;
        }

        lower = Packed<T, N>::of(a);
        upper = Packed<T, N>::of(b);
        lower.store(packed);
        upper.store(packed + half);
    }

    if (head >= heads)
    {
        const int sequence = sequence_of_row(cu_seqlens, sequences, row);
        const i64 at = past[sequence] + (row - cu_seqlens[sequence]);
        const bool is_key = head < heads + kv_heads;
        const int kv_head = head - heads - (is_key ? 0 : kv_heads);
        T* cached = (is_key ? keys : values) + (((i64)sequence * kv_heads + kv_head) * capacity + at) * head_size + i;
        lower.store(cached);
        if (pair)
        {
            upper.store(cached + half);
        }
    }
}
