#pragma once
#include "common.cuh"

// Norms of rows: RMSNorm, and with Centered LayerNorm, which takes the mean off first and adds a shift at the end. Statistics and all sums are fp32.
//
// A block for a row, with as many threads as it takes for each to hold NORM_VECTORS vectors of it: the row is read once. A row that is too long for the largest block is taken
// in turns and read again in each pass.

constexpr int NORM_THREADS = 512;
constexpr int NORM_VECTORS = 4;

template <typename T, int N>
using NormTurn = Packed<T, N>[NORM_VECTORS];

template <int N>
DEVICE int norm_column(int first, int vector) { return first + (vector * blockDim.x + threadIdx.x) * N; }

// Zeros behind the end of the row.
template <typename T, int N>
DEVICE void norm_load(NormTurn<T, N>& turn, const T* row, int first, int width)
{
#pragma unroll
    for (int k = 0; k < NORM_VECTORS; k++)
    {
        int i = norm_column<N>(first, k);
        turn[k] = i < width ? Packed<T, N>::from(row + i) : Packed<T, N>{};
    }
}

// sum = turn + delta, rounded to storage, which is what goes on in turn.
template <typename T, int N>
DEVICE void norm_add(NormTurn<T, N>& turn, T* sum, const T* delta, int first, int width)
{
    NormTurn<T, N> deltas;
    norm_load<T, N>(deltas, delta, first, width);
#pragma unroll
    for (int k = 0; k < NORM_VECTORS; k++)
    {
        int i = norm_column<N>(first, k);
        if (i < width)
        {
            float values[N], added[N];
            turn[k].unpack(values);
            deltas[k].unpack(added);
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                values[j] += added[j];
            }

            turn[k] = Packed<T, N>::of(values);
            turn[k].store(sum + i);
        }
    }
}

// Adds f of every element of the row that is in turn.
template <typename T, int N, typename F>
DEVICE float norm_total(float total, const NormTurn<T, N>& turn, int first, int width, F f)
{
#pragma unroll
    for (int k = 0; k < NORM_VECTORS; k++)
    {
        if (norm_column<N>(first, k) < width)
        {
            float values[N];
            turn[k].unpack(values);
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                total += f(values[j]);
            }
        }
    }

    return total;
}

// One element of the output from its normalised value. LLaMA rounds before the gain; CLIP does not.
template <bool Centered, typename T>
DEVICE float norm_scaled(float normal, float gain, float shift)
{
    return Centered ? fmaf(normal, gain, shift) : rounded<T>(normal) * gain;
}

// Arguments of single rows; delta and sum may be null, mean and b are when not Centered. sum may be x, and y may be x when there is no sum: a thread writes only what it has read.
template <bool Centered, typename T, int N>
DEVICE void norm_forward(T* y, float* mean, float* rstd, T* sum, const T* x, const T* delta, const T* w, const T* b, int width, float epsilon)
{
    float* slots = (float*)shared_memory();
    const int each = blockDim.x * NORM_VECTORS * N;
    const bool resident = width <= each;
    const T* source = delta == nullptr ? x : sum;
    NormTurn<T, N> turn;
    float total = 0.0f;
    for (int first = 0; first < width; first += each)
    {
        norm_load<T, N>(turn, x, first, width);
        if (delta != nullptr)
        {
            norm_add<T, N>(turn, sum, delta, first, width);
        }

        total = norm_total<T, N>(total, turn, first, width, [](float v) { return Centered ? v : v * v; });
    }

    float m = 0.0f;
    if constexpr (Centered)
    {
        m = block_sum(total, slots) / width;
        slots += blockDim.x / 32;
        total = 0.0f;
        for (int first = 0; first < width; first += each)
        {
            if (!resident)
            {
                norm_load<T, N>(turn, source, first, width);
            }

            total = norm_total<T, N>(total, turn, first, width, [m](float v) { return (v - m) * (v - m); });
        }
    }

    const float r = 1.0f / sqrtf(block_sum(total, slots) / width + epsilon);
    if (threadIdx.x == 0)
    {
        *rstd = r;
        if constexpr (Centered)
        {
            *mean = m;
        }
    }

    for (int first = 0; first < width; first += each)
    {
        if (!resident)
        {
            norm_load<T, N>(turn, source, first, width);
        }

        NormTurn<T, N> gains, shifts;
        norm_load<T, N>(gains, w, first, width);
        if constexpr (Centered)
        {
            norm_load<T, N>(shifts, b, first, width);
        }

#pragma unroll
        for (int k = 0; k < NORM_VECTORS; k++)
        {
            int i = norm_column<N>(first, k);
            if (i < width)
            {
                float values[N], gain[N], shift[N];
                turn[k].unpack(values);
                gains[k].unpack(gain);
                if constexpr (Centered)
                {
                    shifts[k].unpack(shift);
                }

#pragma unroll
                for (int j = 0; j < N; j++)
                {
                    values[j] = norm_scaled<Centered, T>((values[j] - m) * r, gain[j], Centered ? shift[j] : 0.0f);
                }

                store(y + i, values);
            }
        }
    }
}
