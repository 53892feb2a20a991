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
    Packed<X, N> inputs[ELEMENTWISE_LOADS];
#pragma unroll
    for (int k = 0; k < ELEMENTWISE_LOADS; k++)
    {
        i64 i = elementwise_start(k, N);
        if (i < count)
        {
            inputs[k] = Packed<X, N>::from(x + i);
        }
    }

#pragma unroll
    for (int k = 0; k < ELEMENTWISE_LOADS; k++)
    {
        i64 i = elementwise_start(k, N);
        if (i < count)
        {
            float values[N];
            inputs[k].unpack(values);
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                values[j] = f(values[j]);
            }

            store(y + i, values);
        }
    }
}

// y[i] = f(a[i], b[i]); N divides count.
template <int N, typename T, typename F>
DEVICE void map_element_pairs(T* y, const T* a, const T* b, i64 count, F f)
{
    Packed<T, N> lefts[ELEMENTWISE_LOADS];
    Packed<T, N> rights[ELEMENTWISE_LOADS];
#pragma unroll
    for (int k = 0; k < ELEMENTWISE_LOADS; k++)
    {
        i64 i = elementwise_start(k, N);
        if (i < count)
        {
            lefts[k] = Packed<T, N>::from(a + i);
            rights[k] = Packed<T, N>::from(b + i);
        }
    }

#pragma unroll
    for (int k = 0; k < ELEMENTWISE_LOADS; k++)
    {
        i64 i = elementwise_start(k, N);
        if (i < count)
        {
            float left[N];
            float right[N];
            lefts[k].unpack(left);
            rights[k].unpack(right);
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                left[j] = f(left[j], right[j]);
            }

            store(y + i, left);
        }
    }
}
