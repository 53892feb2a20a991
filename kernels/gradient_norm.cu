#include "common.cuh"

// The L2 norm of all gradients and the factor that clips it, in two stages without atomics. Squares and sums are double precision: no gradient is too large, too small or too many for
// it, and the memory is what takes the time, 4 bytes a gradient. Twin: engine/Ops/Cpu/GradientNorm.cs.

constexpr int GRADIENT_NORM_THREADS = 256;
constexpr int GRADIENT_NORM_LOADS = 4;
constexpr int GRADIENT_NORM_CHUNK = 1 << 15;

// The block's sum, the same bits in every thread, in an order that depends on Threads only. slots is shared memory of Threads doubles.
template <int Threads>
DEVICE double block_sum(double x, double* slots)
{
    slots[threadIdx.x] = x;
    __syncthreads();
    for (int half = Threads / 2; half > 0; half /= 2)
    {
        if (threadIdx.x < half)
        {
            slots[threadIdx.x] += slots[threadIdx.x + half];
        }

        __syncthreads();
    }

    return slots[0];
}

// partials[b] = the sum of the squares of chunk b of GRADIENT_NORM_CHUNK gradients.
template <int N>
__global__ void __launch_bounds__(GRADIENT_NORM_THREADS) gradient_norm_squares(double* partials, const float* gradients, i64 count)
{
    const i64 start = (i64)blockIdx.x * GRADIENT_NORM_CHUNK;
    const i64 end = count - start < GRADIENT_NORM_CHUNK ? count : start + GRADIENT_NORM_CHUNK;
    double sum = 0.0;
    for (i64 first = start + threadIdx.x * N; first < end; first += GRADIENT_NORM_THREADS * GRADIENT_NORM_LOADS * N)
    {
        Packed<float, N> loaded[GRADIENT_NORM_LOADS];
#pragma unroll
        for (int k = 0; k < GRADIENT_NORM_LOADS; k++)
        {
            i64 i = first + k * GRADIENT_NORM_THREADS * N;
            loaded[k] = i < end ? Packed<float, N>::from(gradients + i) : Packed<float, N>{};
        }

#pragma unroll
        for (int k = 0; k < GRADIENT_NORM_LOADS; k++)
        {
            float values[N];
            loaded[k].unpack(values);
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                sum += (double)values[j] * values[j];
            }
        }
    }

    sum = block_sum<GRADIENT_NORM_THREADS>(sum, (double*)shared_memory());
    if (threadIdx.x == 0)
    {
        partials[blockIdx.x] = sum;
    }
}

// One block: result[0] = the norm, result[1] = min(1, maxNorm / (norm + 1e-6)) as PyTorch clips, not a number when the norm is not finite.
template <int Threads>
__global__ void __launch_bounds__(Threads) gradient_norm_final(float* result, const double* partials, i64 blocks, float maxNorm)
{
    double sum = 0.0;
#pragma unroll 8
    for (i64 i = threadIdx.x; i < blocks; i += Threads)
    {
        sum += partials[i];
    }

    sum = block_sum<Threads>(sum, (double*)shared_memory());
    if (threadIdx.x == 0)
    {
        float norm = (float)sqrt(sum);
        double factor = maxNorm / (norm + 1e-6);
        result[0] = norm;
        // Infinity times zero is not a number either.
        result[1] = isfinite(norm) ? (float)(factor < 1.0 ? factor : 1.0) : norm * 0.0f;
    }
}
