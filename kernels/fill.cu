#include "elementwise.cuh"

// x[i] = value, rounded to T. 2 bytes an element (bf16). Twin: engine/Ops/Cpu/Fill.cs.

template <typename T, int N>
__global__ void __launch_bounds__(ELEMENTWISE_THREADS) fill_forward(T* x, float value, i64 count)
{
    float values[N];
#pragma unroll
    for (int j = 0; j < N; j++)
    {
        values[j] = value;
    }

#pragma unroll
    for (int k = 0; k < ELEMENTWISE_LOADS; k++)
    {
        i64 i = elementwise_start(k, N);
        if (i < count)
        {
            store(x + i, values);
        }
    }
}
