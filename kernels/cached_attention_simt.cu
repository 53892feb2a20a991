#include "attention_simt.cuh"

// Attention of many new rows over their sequence's cached rows like cached_attention_tiles.cu, for single precision, head sizes without tensor-core instance and tensors that are not
// aligned: the walk of attention_simt.cu, with keys and values from the cache. Weights stay in fp32. Twin: engine/Ops/Cpu/AttentionQueries.cs.

template <typename T>
__global__ void __launch_bounds__(SIMT_THREADS, 1) cached_attention_simt(
    T* o, const T* qkv, const T* keys, const T* values, const i32* cu_seqlens, const i32* past, int heads, int kv_heads, int head_size, int capacity, float scale_log2)
{
    HeadRows own = find_rows<SIMT_ROWS>(cu_seqlens, heads, true);
    if (!own.exists)
    {
        return;
    }

    SimtMemory memory;
    SimtSlice slice(head_size, blockIdx.z);
    HeadLayout layout{heads, kv_heads, head_size};
    i64 row = own.first + own.start;
    SimtRows<T> q{qkv + row * layout.stride() + layout.query(own.head), layout.stride(), own.length - own.start};
    i64 cached = ((i64)blockIdx.y * kv_heads + own.head / layout.group()) * capacity * head_size;
    SimtRows<T> k{keys + cached, head_size, 0};
    SimtRows<T> v{values + cached, head_size, 0};
    int first_query = past[blockIdx.y] + own.start;
    int end = first_query + min(SIMT_ROWS, own.length - own.start);
    float sums[4][8];
    simt_clear(sums);
    float maximum[4] = {-1e30f, -1e30f, -1e30f, -1e30f};
    float total[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    for (int start = 0; start < end; start += SIMT_ROWS)
    {
        k.valid = v.valid = end - start;
        float s[4][4];
        simt_multiply(s, q, k, head_size, memory);
#pragma unroll
        for (int r = 0; r < 4; r++)
        {
            float m = maximum[r];
#pragma unroll
            for (int c = 0; c < 4; c++)
            {
                s[r][c] = start + simt_x() + c * 16 > first_query + simt_y() * 4 + r ? -infinity() : s[r][c] * scale_log2;
                m = fmaxf(m, s[r][c]);
            }

            m = simt_row_max(m);
            float correction = exp2_approx(maximum[r] - m);
            maximum[r] = m;
            total[r] *= correction;
#pragma unroll
            for (int c = 0; c < 4; c++)
            {
                s[r][c] = exp2_approx(s[r][c] - m);
                total[r] += s[r][c];
            }

#pragma unroll
            for (int e = 0; e < 8; e++)
            {
                sums[r][e] *= correction;
            }
        }

        simt_share(s, memory);
        simt_accumulate(sums, v, slice, memory);
        k.rows += SIMT_ROWS * head_size;
        v.rows += SIMT_ROWS * head_size;
    }

    float factor[4];
#pragma unroll
    for (int r = 0; r < 4; r++)
    {
        factor[r] = 1.0f / simt_row_sum(total[r]);
    }

    simt_store(o + row * layout.o_stride() + layout.query(own.head), layout.o_stride(), q.valid, slice, sums, factor);
}
