#include "exponentials.cuh"

// Cross entropy of a row z of logits against one label: loss = log Σ exp(z − m) + (m − z_label) with the row's maximum m; with gradient also
// z ← (exp(z − m) / Σ − [label]) scale, in place. A block has a row; sums are fp32 in a fixed order. A label outside of the row makes the loss no number and is not read.
// Twin: engine/Ops/Cpu/CrossEntropy.cs.

// Where maxima begin. Finite, because −∞ − −∞ is not a number: a thread may have seen nothing, or only −∞.
constexpr float LOWEST = -3.402823466e38f;

// The label's logit. Every thread reads it, before the barriers that come before the row is overwritten.
template <typename T>
DEVICE float label_logit(const T* row, i32 label, i64 width)
{
    return label >= 0 && label < width ? to_float(row[label]) : __int_as_float(0x7fffffff);
}

// Turns the vector at a column into its gradient; factor = scale / Σ.
template <typename T, int N>
DEVICE void put_gradient(T* row, i64 column, const Packed<T, N>& vector, i32 label, float max, float factor, float scale)
{
    i32 labelled = (i32)(label - column);
    float z[N];
    vector.unpack(z);
#pragma unroll
    for (int j = 0; j < N; j++)
    {
        z[j] = exponential<T>(z[j] - max) * factor - (j == labelled ? scale : 0.0f);
    }

    store(row + column, z);
}

constexpr int RESIDENT_THREADS = 256;

// Where a thread's k-th vector of the row begins.
template <int N>
DEVICE i32 resident_column(int k) { return ((i32)threadIdx.x + k * RESIDENT_THREADS) * N; }

// The row stays in registers, as it lies in memory: read once and written once, 4 bytes a logit (bf16). Width is at most threads · vectors · N. Three blocks fit on a
// multiprocessor, so that one's loads go on under the others' exponentials.
template <typename T, int N, int Vectors>
__global__ void __launch_bounds__(RESIDENT_THREADS, 3) cross_entropy_resident(float* losses, T* logits, const i32* labels, i64 width, float scale, i32 gradient)
{
    float* slots = reinterpret_cast<float*>(shared_memory());
    T* row = logits + blockIdx.x * width;
    i32 label = labels[blockIdx.x];
    float target = label_logit(row, label, width);
    Packed<T, N> vectors[Vectors];
#pragma unroll
    for (int k = 0; k < Vectors; k++)
    {
        i32 column = resident_column<N>(k);
        if (column < width)
        {
            vectors[k] = Packed<T, N>::from_stream(row + column);
        }
    }

    float max = LOWEST;
#pragma unroll
    for (int k = 0; k < Vectors; k++)
    {
        i32 column = resident_column<N>(k);
        if (column < width)
        {
            float z[N];
            vectors[k].unpack(z);
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                max = fmaxf(max, z[j]);
            }
        }
    }

    max = block_max<RESIDENT_THREADS>(max, slots);
    float sum = 0.0f;
#pragma unroll
    for (int k = 0; k < Vectors; k++)
    {
        i32 column = resident_column<N>(k);
        if (column < width)
        {
            float z[N];
            vectors[k].unpack(z);
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                sum += exponential<T>(z[j] - max);
            }
        }
    }

    sum = block_sum<RESIDENT_THREADS>(sum, slots + RESIDENT_THREADS / 32);
    if (threadIdx.x == 0)
    {
        losses[blockIdx.x] = logf(sum) + (max - target);
    }

    if (gradient)
    {
        float factor = scale / sum;
#pragma unroll
        for (int k = 0; k < Vectors; k++)
        {
            i32 column = resident_column<N>(k);
            if (column < width)
            {
                put_gradient(row, column, vectors[k], label, max, factor, scale);
            }
        }
    }
}

constexpr int STREAMING_THREADS = 512;
constexpr int STREAMING_LOADS = 4;

template <typename T, int N>
using StreamingTurn = Packed<T, N>[STREAMING_LOADS];

// What a thread has of one turn; several loads are under way.
template <int N>
DEVICE i64 streaming_column(i64 turn, int k) { return ((turn * STREAMING_LOADS + k) * STREAMING_THREADS + threadIdx.x) * N; }

template <typename T, int N>
DEVICE void load_turn(StreamingTurn<T, N>& vectors, const T* row, i64 turn, i64 width)
{
#pragma unroll
    for (int k = 0; k < STREAMING_LOADS; k++)
    {
        i64 column = streaming_column<N>(turn, k);
        if (column < width)
        {
            vectors[k] = Packed<T, N>::from(row + column);
        }
    }
}

// Rows of any width: maximum and sum in one pass, in which the sum is scaled down whenever the maximum grows; the gradient in a second, backwards, which finds the row's end in the
// caches.
template <typename T, int N>
__global__ void __launch_bounds__(STREAMING_THREADS) cross_entropy_streaming(float* losses, T* logits, const i32* labels, i64 width, float scale, i32 gradient)
{
    float* slots = reinterpret_cast<float*>(shared_memory());
    T* row = logits + blockIdx.x * width;
    i32 label = labels[blockIdx.x];
    float target = label_logit(row, label, width);
    const i64 each = STREAMING_LOADS * STREAMING_THREADS * N;
    const i64 turns = (width + each - 1) / each;
    StreamingTurn<T, N> vectors;
    float own = LOWEST;
    float sum = 0.0f;
    for (i64 turn = 0; turn < turns; turn++)
    {
        load_turn<T, N>(vectors, row, turn, width);
#pragma unroll
        for (int k = 0; k < STREAMING_LOADS; k++)
        {
            if (streaming_column<N>(turn, k) < width)
            {
                float z[N];
                vectors[k].unpack(z);
                float next = own;
#pragma unroll
                for (int j = 0; j < N; j++)
                {
                    next = fmaxf(next, z[j]);
                }

                sum *= exponential<T>(own - next);
                own = next;
#pragma unroll
                for (int j = 0; j < N; j++)
                {
                    sum += exponential<T>(z[j] - own);
                }
            }
        }
    }

    float max = block_max<STREAMING_THREADS>(own, slots);
    sum = block_sum<STREAMING_THREADS>(sum * exponential<T>(own - max), slots + STREAMING_THREADS / 32);
    if (threadIdx.x == 0)
    {
        losses[blockIdx.x] = logf(sum) + (max - target);
    }

    if (gradient)
    {
        float factor = scale / sum;
        for (i64 turn = turns - 1; turn >= 0; turn--)
        {
            load_turn<T, N>(vectors, row, turn, width);
#pragma unroll
            for (int k = 0; k < STREAMING_LOADS; k++)
            {
                i64 column = streaming_column<N>(turn, k);
                if (column < width)
                {
                    put_gradient(row, column, vectors[k], label, max, factor, scale);
                }
            }
        }
    }
}
