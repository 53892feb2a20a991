#include "common.cuh"

// Sums over rows (gradients of biases, and the second stage of the norms' gains) in two stages without atomics: partial sums of groups of rows, then the groups in order. Which rows
// are in a group follows from the extents alone. 2 bytes an element (bf16). Twin: engine/Ops/Cpu/ColumnSum.cs.

constexpr int COLUMN_SUM_WARPS = 8;
constexpr int COLUMN_SUM_THREADS = 32 * COLUMN_SUM_WARPS;
constexpr int COLUMN_SUM_LOADS = 4;

// Block (group, tile): the lanes of a warp own N columns each, 32 N in a tile; its warps take turns over the group's rows, with four rows' loads under way, and add up in order.
template <typename T, int N>
__global__ void __launch_bounds__(COLUMN_SUM_THREADS) column_sum_partials(float* partials, const T* dy, i64 rows, int width, i64 groupRows, int tiles)
{
    float* slots = (float*)shared_memory();     // [COLUMN_SUM_WARPS][32 * N]
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32;
    const i64 group = blockIdx.x / tiles;
    const int tile = (blockIdx.x % tiles) * 32 * N;
    const int column = tile + lane * N;
    const i64 last = rows - group * groupRows < groupRows ? rows : (group + 1) * groupRows;
    float sums[N] = {};
    for (i64 row = group * groupRows + warp; row < last; row += COLUMN_SUM_WARPS * COLUMN_SUM_LOADS)
    {
        Packed<T, N> loaded[COLUMN_SUM_LOADS];
#pragma unroll
        for (int k = 0; k < COLUMN_SUM_LOADS; k++)
        {
            i64 r = row + k * COLUMN_SUM_WARPS;
            loaded[k] = r < last && column < width ? Packed<T, N>::from(dy + r * width + column) : Packed<T, N>{};
        }

#pragma unroll
        for (int k = 0; k < COLUMN_SUM_LOADS; k++)
        {
            float values[N];
            loaded[k].unpack(values);
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                sums[j] += values[j];
            }
        }
    }

#pragma unroll
    for (int j = 0; j < N; j++)
    {
        slots[(warp * 32 + lane) * N + j] = sums[j];
    }

    __syncthreads();
    for (int i = threadIdx.x; i < 32 * N; i += COLUMN_SUM_THREADS)
    {
        if (tile + i < width)
        {
            float sum = slots[i];
#pragma unroll
            for (int w = 1; w < COLUMN_SUM_WARPS; w++)
            {
                sum += slots[w * 32 * N + i];
            }

            partials[group * width + tile + i] = sum;
        }
    }
}

// out[i] = (accumulate ? out[i] : 0) + sum over groups of partials[group][i], in double precision. A block has 32 columns; its warps take turns over the groups.
template <int Warps>
__global__ void __launch_bounds__(32 * Warps) column_combine(float* out, const float* partials, i64 groups, int width, int accumulate)
{
    double* slots = (double*)shared_memory();   // [Warps][32]
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32;
    const int column = blockIdx.x * 32 + lane;
    double sum = 0.0;
    if (column < width)
    {
#pragma unroll 8
        for (i64 group = warp; group < groups; group += Warps)
        {
            sum += partials[group * width + column];
        }
    }

    slots[threadIdx.x] = sum;
    __syncthreads();
    if (warp == 0 && column < width)
    {
        for (int w = 1; w < Warps; w++)
        {
            sum += slots[w * 32 + lane];
        }

        out[column] = (float)(accumulate ? out[column] + sum : sum);
    }
}
