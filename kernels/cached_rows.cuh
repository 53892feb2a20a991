#pragma once
#include "common.cuh"

// Attention of many new rows a sequence over its cached rows, the new ones included, with a running softmax: tiles of 32 queries against tiles of 32 keys, products in fp32. For storage
// and head sizes that the tensor cores do not take.
//
// Thread t has the queries 2 (t / 8) and the next; of a tile's scores it has the keys t % 8 + 8 j, of the outputs the columns 4 (t % 8) + 32 c and the three behind each.
// Shared memory: queries, scaled; a tile of keys and then its values; weights.

constexpr int ROWS_THREADS = 128;
constexpr int ROWS_QUERIES = 32;
constexpr int ROWS_KEYS = 32;
constexpr int ROWS_WEIGHT_PITCH = ROWS_KEYS + 4;

// Rows of D elements to rows of `padded` floats, D rounded up to 4, which lie `padded` + 4 apart: the rows that threads read at once then begin in different banks. Rows from valid on
// and the padding become zeros.
template <typename T, int N>
DEVICE void load_rows(float* tile, const T* rows, i64 stride, int valid, int head_size, int padded, float scale)
{
    const int vectors = padded / N;
    for (int item = threadIdx.x; item < ROWS_KEYS * vectors; item += ROWS_THREADS)
    {
        const int row = item / vectors;
        const int e = (item - row * vectors) * N;
        float x[N] = {};
        if (row < valid && e < head_size)
        {
            load(rows + row * stride + e, x);
        }

#pragma unroll
        for (int j = 0; j < N; j++)
        {
            tile[row * (padded + 4) + e + j] = x[j] * scale;
        }
    }
}

// Four floats of a shared row.
struct Quad
{
    float x[4];
};

DEVICE Quad load_quad(const float* shared)
{
    const u32x4 words = *reinterpret_cast<const u32x4*>(shared);
    return Quad{{__uint_as_float(words.x), __uint_as_float(words.y), __uint_as_float(words.z), __uint_as_float(words.w)}};
}

// Chunks of 32 columns: 32 Chunks is D or more. blockIdx: x tile of queries and head, y sequence.
template <typename T, int N, int Chunks>
__global__ void __launch_bounds__(ROWS_THREADS) cached_attention_rows(
    T* o, const T* qkv, const T* keys, const T* values, const i32* cu_seqlens, const i32* past, int heads, int kv_heads, int head_size, int capacity, float scale_log2)
{
    const int sequence = blockIdx.y;
    const i64 first = cu_seqlens[sequence];
    const int rows = cu_seqlens[sequence + 1] - (int)first;

    // The tiles that see the most keys come first: light ones then fill the gaps at the end.
    const int tile = (int)(gridDim.x / heads) - 1 - (int)(blockIdx.x / heads);
    const int head = blockIdx.x % heads;
    const int start = tile * ROWS_QUERIES;
    if (start >= rows)
    {
        return;
    }

    const int queries = min(ROWS_QUERIES, rows - start);
    const int offset = past[sequence] + start;
    const int key_count = offset + queries;
    const int padded = (head_size + 3) / 4 * 4;
    const int pitch = padded + 4;
    const i64 stride = (i64)(heads + 2 * kv_heads) * head_size;
    const i64 cache = ((i64)sequence * kv_heads + head / (heads / kv_heads)) * capacity * head_size;
    float* q = reinterpret_cast<float*>(shared_memory());
    float* kv = q + ROWS_QUERIES * pitch;
    float* weights = kv + ROWS_KEYS * pitch;
    const int query = threadIdx.x / 8 * 2;
    const int lane = threadIdx.x % 8;

    float sum[2][Chunks][4] = {};
    float m[2] = {-infinity(), -infinity()};
    float l[2] = {0.0f, 0.0f};
    load_rows<T, N>(q, qkv + (first + start) * stride + head * head_size, stride, queries, head_size, padded, scale_log2);
    for (int at = 0; at < key_count; at += ROWS_KEYS)
    {
        load_rows<T, N>(kv, keys + cache + (i64)at * head_size, head_size, key_count - at, head_size, padded, 1.0f);
        __syncthreads();
        float s[2][4] = {};
        for (int e = 0; e < padded; e += 4)
        {
            const Quad a[2] = {load_quad(q + query * pitch + e), load_quad(q + (query + 1) * pitch + e)};
#pragma unroll
            for (int j = 0; j < 4; j++)
            {
                const Quad b = load_quad(kv + (lane + 8 * j) * pitch + e);
#pragma unroll
                for (int i = 0; i < 4; i++)
                {
                    s[0][j] += a[0].x[i] * b.x[i];
                    s[1][j] += a[1].x[i] * b.x[i];
                }
            }
        }

        // All have read the keys.
        __syncthreads();
        load_rows<T, N>(kv, values + cache + (i64)at * head_size, head_size, key_count - at, head_size, padded, 1.0f);
#pragma unroll
        for (int r = 0; r < 2; r++)
        {
            // Key 0 is seen by every query, so that the maximum is finite from the first tile on.
            float top = m[r];
#pragma unroll
            for (int j = 0; j < 4; j++)
            {
                s[r][j] = at + lane + 8 * j <= offset + query + r ? s[r][j] : -infinity();
                top = fmaxf(top, s[r][j]);
            }

#pragma unroll
            for (int distance = 4; distance > 0; distance /= 2)
            {
                top = fmaxf(top, __shfl_xor_sync(FULL_WARP, top, distance));
            }

            const float factor = exp2_approx(m[r] - top);
            m[r] = top;
            l[r] *= factor;
#pragma unroll
            for (int j = 0; j < 4; j++)
            {
                const float weight = exp2_approx(s[r][j] - top);
                l[r] += weight;
                weights[(query + r) * ROWS_WEIGHT_PITCH + lane + 8 * j] = weight;
            }

#pragma unroll
            for (int c = 0; c < Chunks; c++)
            {
#pragma unroll
                for (int i = 0; i < 4; i++)
                {
                    sum[r][c][i] *= factor;
                }
            }
        }

        __syncthreads();
        for (int key = 0; key < ROWS_KEYS; key++)
        {
            const float w0 = weights[query * ROWS_WEIGHT_PITCH + key];
            const float w1 = weights[(query + 1) * ROWS_WEIGHT_PITCH + key];
#pragma unroll
            for (int c = 0; c < Chunks; c++)
            {
                const int e = 32 * c + 4 * lane;
                if (e < padded)
                {
                    const Quad b = load_quad(kv + key * pitch + e);
#pragma unroll
                    for (int i = 0; i < 4; i++)
                    {
                        sum[0][c][i] += w0 * b.x[i];
                        sum[1][c][i] += w1 * b.x[i];
                    }
                }
            }
        }

        // All have read the values.
        __syncthreads();
    }

#pragma unroll
    for (int r = 0; r < 2; r++)
    {
#pragma unroll
        for (int distance = 4; distance > 0; distance /= 2)
        {
            l[r] += __shfl_xor_sync(FULL_WARP, l[r], distance);
        }

        if (query + r < queries)
        {
            T* to = o + ((first + start + query + r) * heads + head) * head_size;
#pragma unroll
            for (int c = 0; c < Chunks; c++)
            {
#pragma unroll
                for (int i = 0; i < 4; i += N)
                {
                    const int e = 32 * c + 4 * lane + i;
                    float x[N];
#pragma unroll
                    for (int j = 0; j < N; j++)
                    {
                        x[j] = sum[r][c][i + j] / l[r];
                    }

                    if (e < head_size)
                    {
                        store(to + e, x);
                    }
                }
            }
        }
    }
}
