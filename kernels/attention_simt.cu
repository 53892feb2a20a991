#include "attention_simt.cuh"

// Attention and its gradients like attention.cu and attention_backward_dq.cu and attention_backward_dkdv.cu, for single precision, head sizes without tensor-core instance and tensors that are not aligned. The same
// blockwise walk: nothing of rows x rows is in memory. Block z has a slice of the head's columns. Weights stay in fp32. Twins: engine/Ops/Cpu/Attention*.cs.

template <typename T>
__global__ void __launch_bounds__(SIMT_THREADS) attention_simt_forward(
    T* o, float* lse, const T* qkv, const int* cu_seqlens, i64 rows, int heads, int kv_heads, int head_size, int causal, float scale)
{
    HeadRows own = find_rows<SIMT_ROWS>(cu_seqlens, heads, true);
    if (!own.exists)
    {
        return;
    }

    SimtMemory memory;
    SimtSlice slice(head_size, blockIdx.z);
    i64 stride = (i64)(heads + 2 * kv_heads) * head_size;
    i64 row = own.first + own.start;
    SimtRows<T> q{qkv + row * stride + (i64)own.head * head_size, stride, own.length - own.start};
    const T* keys = qkv + own.first * stride + (i64)(heads + own.head / (heads / kv_heads)) * head_size;
    float sums[4][8];
    simt_clear(sums);
    float maximum[4] = {-1e30f, -1e30f, -1e30f, -1e30f};
    float total[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    int end = causal ? own.start + min(SIMT_ROWS, own.length - own.start) : own.length;
    for (int start = 0; start < end; start += SIMT_ROWS)
    {
        SimtRows<T> k{keys + start * stride, stride, own.length - start};
        SimtRows<T> v{k.rows + (i64)kv_heads * head_size, stride, own.length - start};
        float s[4][4];
        simt_multiply(s, q, k, head_size, memory);
#pragma unroll
        for (int r = 0; r < 4; r++)
        {
            int last = causal ? own.start + simt_y() * 4 + r : own.length - 1;
            float m = maximum[r];
#pragma unroll
            for (int c = 0; c < 4; c++)
            {
                s[r][c] = start + simt_x() + c * 16 > last ? -infinity() : s[r][c] * scale;
                m = fmaxf(m, s[r][c]);
            }

            m = simt_row_max(m);
            float correction = expf(maximum[r] - m);
            maximum[r] = m;
            total[r] *= correction;
#pragma unroll
            for (int c = 0; c < 4; c++)
            {
                s[r][c] = expf(s[r][c] - m);
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
    }

    float factor[4];
#pragma unroll
    for (int r = 0; r < 4; r++)
    {
        total[r] = simt_row_sum(total[r]);
        factor[r] = 1.0f / total[r];
        if (blockIdx.z == 0 && simt_x() == 0 && simt_y() * 4 + r < q.valid)
        {
            lse[own.head * rows + row + simt_y() * 4 + r] = maximum[r] + logf(total[r]);
        }
    }

    simt_store(o + row * heads * head_size + (i64)own.head * head_size, (i64)heads * head_size, q.valid, slice, sums, factor);
}

// dQ, and δ for the other kernel.
template <typename T>
__global__ void __launch_bounds__(SIMT_THREADS) attention_simt_backward_dq(
    T* dqkv, float* delta, const T* dO, const T* o, const float* lse, const T* qkv, const float* cos, const float* sin, const int* positions, const int* cu_seqlens, i64 rows, int heads,
    int kv_heads, int head_size, int causal, float scale)
{
    HeadRows own = find_rows<SIMT_ROWS>(cu_seqlens, heads, true);
    if (!own.exists)
    {
        return;
    }

    SimtMemory memory;
    SimtSlice slice(head_size, blockIdx.z);
    i64 stride = (i64)(heads + 2 * kv_heads) * head_size;
    i64 o_stride = (i64)heads * head_size;
    i64 row = own.first + own.start;
    int valid = own.length - own.start;
    i64 head = (i64)own.head * head_size;
    SimtRows<T> q{qkv + row * stride + head, stride, valid};
    SimtRows<T> gradient{dO + row * o_stride + head, o_stride, valid};
    const T* keys = qkv + own.first * stride + (i64)(heads + own.head / (heads / kv_heads)) * head_size;
    float row_lse[4];
    float row_delta[4];
#pragma unroll
    for (int r = 0; r < 4; r++)
    {
        int i = simt_y() * 4 + r;
        i64 at = own.head * rows + row + i;
        float sum = 0.0f;
        for (int column = simt_x(); column < head_size && i < valid; column += 16)
        {
            sum = fmaf(to_float(gradient.rows[i * o_stride + column]), to_float(o[(row + i) * o_stride + head + column]), sum);
        }

        row_delta[r] = simt_row_sum(sum);
        row_lse[r] = i < valid ? lse[at] : 0.0f;
        if (blockIdx.z == 0 && simt_x() == 0 && i < valid)
        {
            delta[at] = row_delta[r];
        }
    }

    float sums[4][8];
    simt_clear(sums);
    int end = causal ? own.start + min(SIMT_ROWS, valid) : own.length;
    for (int start = 0; start < end; start += SIMT_ROWS)
    {
        SimtRows<T> k{keys + start * stride, stride, own.length - start};
        SimtRows<T> v{k.rows + (i64)kv_heads * head_size, stride, own.length - start};
        float s[4][4];
        float dp[4][4];
        simt_multiply(s, q, k, head_size, memory);
        simt_multiply(dp, gradient, v, head_size, memory);
#pragma unroll
        for (int r = 0; r < 4; r++)
        {
            int last = causal ? own.start + simt_y() * 4 + r : own.length - 1;
#pragma unroll
            for (int c = 0; c < 4; c++)
            {
                bool seen = start + simt_x() + c * 16 <= last;
                s[r][c] = seen ? expf(s[r][c] * scale - row_lse[r]) * (dp[r][c] - row_delta[r]) : 0.0f;
            }
        }

        simt_share(s, memory);
        simt_accumulate(sums, k, slice, memory);
    }

    if (cos != nullptr)
    {
        simt_rotate_back(sums, slice, cos, sin, positions + row, valid);
    }

    float factor[4] = {scale, scale, scale, scale};
    simt_store(dqkv + row * stride + head, stride, valid, slice, sums, factor);
}

// dK and dV of one key head: its own rows are keys, the others the queries of all heads of its group, one head after the other.
template <typename T>
__global__ void __launch_bounds__(SIMT_THREADS) attention_simt_backward_dkdv(
    T* dqkv, const T* dO, const float* lse, const float* delta, const T* qkv, const float* cos, const float* sin, const int* positions, const int* cu_seqlens, i64 rows, int heads,
    int kv_heads, int head_size, int causal, float scale)
{
    HeadRows own = find_rows<SIMT_ROWS>(cu_seqlens, kv_heads, false);
    if (!own.exists)
    {
        return;
    }

    SimtMemory memory;
    SimtSlice slice(head_size, blockIdx.z);
    i64 stride = (i64)(heads + 2 * kv_heads) * head_size;
    i64 o_stride = (i64)heads * head_size;
    i64 row = own.first + own.start;
    int valid = own.length - own.start;
    i64 key_head = (i64)(heads + own.head) * head_size;
    i64 value_head = key_head + (i64)kv_heads * head_size;
    SimtRows<T> k{qkv + row * stride + key_head, stride, valid};
    SimtRows<T> v{qkv + row * stride + value_head, stride, valid};
    float dk[4][8];
    float dv[4][8];
    simt_clear(dk);
    simt_clear(dv);
    int group = heads / kv_heads;
    for (int head = own.head * group; head < (own.head + 1) * group; head++)
    {
        for (int start = causal ? own.start : 0; start < own.length; start += SIMT_ROWS)
        {
            i64 first = own.first + start;
            SimtRows<T> q{qkv + first * stride + (i64)head * head_size, stride, own.length - start};
            SimtRows<T> gradient{dO + first * o_stride + (i64)head * head_size, o_stride, own.length - start};
            float p[4][4];
            float ds[4][4];
            simt_multiply(p, k, q, head_size, memory);
            simt_multiply(ds, v, gradient, head_size, memory);
#pragma unroll
            for (int c = 0; c < 4; c++)
            {
                int query = simt_x() + c * 16;
                i64 at = head * rows + first + query;
                float query_lse = query < q.valid ? lse[at] : 0.0f;
                float query_delta = query < q.valid ? delta[at] : 0.0f;
#pragma unroll
                for (int r = 0; r < 4; r++)
                {
                    int key = own.start + simt_y() * 4 + r;
                    bool seen = query < q.valid && key < own.length && (!causal || key <= start + query);
                    p[r][c] = seen ? expf(p[r][c] * scale - query_lse) : 0.0f;
                    ds[r][c] = p[r][c] * (ds[r][c] - query_delta);
                }
            }

            simt_share(p, memory);
            simt_accumulate(dv, gradient, slice, memory);
            simt_share(ds, memory);
            simt_accumulate(dk, q, slice, memory);
        }
    }

    if (cos != nullptr)
    {
        simt_rotate_back(dk, slice, cos, sin, positions + row, valid);
    }

    float key_factor[4] = {scale, scale, scale, scale};
    float value_factor[4] = {1.0f, 1.0f, 1.0f, 1.0f};
    simt_store(dqkv + row * stride + key_head, stride, valid, slice, dk, key_factor);
    simt_store(dqkv + row * stride + value_head, stride, valid, slice, dv, value_factor);
}
