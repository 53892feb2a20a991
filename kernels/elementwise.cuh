#pragma once
#include "common.cuh"

// Ops that compute element i from elements i alone. A thread has four independent loads of 16 bytes under way, so that the memory's latency is hidden without many blocks.
// Arguments may be the same memory: every element is read by the thread that writes it, before it writes.

constexpr int ELEMENTWISE_THREADS = 256;
constexpr int ELEMENTWISE_LOADS = 4;

DEVICE i64 elementwise_start(int load, int n)
{
    return (((i64)blockIdx.x * ELEMENTWISE_LOADS + load) * ELEMENTWISE_THREADS + threadIdx.x) * n;
}

// y[i] = f(x[i]); N divides count.
template <int N, typename Y, typename X, typename F>
DEVICE void map_elements(Y* y, const X* x, i64 count, F f)
{
    float values[ELEMENTWISE_LOADS][N];
#pragma unroll
    for (int k = 0; k < ELEMENTWISE_LOADS; k++)
    {
        i64 i = elementwise_start(k, N);
        if (i < count)
        {
            load(x + i, values[k]);
        }
    }

#pragma unroll
    for (int k = 0; k < ELEMENTWISE_LOADS; k++)
    {
        i64 i = elementwise_start(k, N);
        if (i < count)
        {
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                values[k][j] = f(values[k][j]);
            }

            store(y + i, values[k]);
        }
    }
}

// y[i] = f(a[i], b[i]); N divides count.
template <int N, typename T, typename F>
DEVICE void map_element_pairs(T* y, const T* a, const T* b, i64 count, F f)
{
    float left[ELEMENTWISE_LOADS][N];
    float right[ELEMENTWISE_LOADS][N];
#pragma unroll
    for (int k = 0; k < ELEMENTWISE_LOADS; k++)
    {
        i64 i = elementwise_start(k, N);
        if (i < count)
        {
            load(a + i, left[k]);
            load(b + i, right[k]);
        }
    }

#pragma unroll
    for (int k = 0; k < ELEMENTWISE_LOADS; k++)
    {
        i64 i = elementwise_start(k, N);
        if (i < count)
        {
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                left[k][j] = f(left[k][j], right[k][j]);
            }

            store(y + i, left[k]);
        }
    }
}
