#include "row_slices.cuh"

// Token embedding and image splice. Twin: engine/Ops/Cpu/Embedding.cs.

// x[row] = table[source[row]], or images[−1 − source[row]] where the source is negative. 4 bytes an element (bf16).
template <typename T, int N>
__global__ void __launch_bounds__(ROW_THREADS) embedding_forward(T* x, const T* table, const T* images, const i32* source, i64 width)
{
    i64 row = source[blockIdx.x];
    const T* from = row >= 0 ? table + row * width : images + (-1 - row) * width;
    copy_slice<N>(x + blockIdx.x * width, from, width);
}

// A running sum that keeps what rounding took from it (Kahan): a full stop may stand in thousands of rows.
struct CompensatedSum
{
    float sum;
    float excess;

    DEVICE void add(float x)
    {
        float missing = x - excess;
        float next = sum + missing;
        excess = (next - sum) - missing;
        sum = next;
    }
};

constexpr int EMBEDDING_ROWS = 8;

// dtable[id] (+)= the sum of the rows of dx that the segment of the id names, in their order. A block has one segment (blockIdx.x) and a slice of the columns (blockIdx.y); a
// thread has N columns and eight rows under way. Rows of ids without a segment are not touched. 2 bytes an element read (bf16), 4 or 8 written once an id and column.
template <typename T, int N>
__global__ void __launch_bounds__(ROW_THREADS)
embedding_backward(float* dtable, const T* dx, const i32* ids, const i32* starts, const i32* rows, i64 width, i32 accumulate)
{
    i64 column = ((i64)blockIdx.y * ROW_THREADS + threadIdx.x) * N;
    if (column >= width)
    {
        return;
    }

    float* target = dtable + ids[blockIdx.x] * width + column;
    float old[N] = {};
    if (accumulate)
    {
        load(target, old);
    }

    CompensatedSum sums[N];
#pragma unroll
    for (int j = 0; j < N; j++)
    {
        sums[j] = CompensatedSum{old[j], 0.0f};
    }

    i32 end = starts[blockIdx.x + 1];
    for (i32 i = starts[blockIdx.x]; i < end; i += EMBEDDING_ROWS)
    {
        i64 row[EMBEDDING_ROWS];
        Packed<T, N> vectors[EMBEDDING_ROWS];
#pragma unroll
        for (int r = 0; r < EMBEDDING_ROWS; r++)
        {
            row[r] = r < end - i ? rows[i + r] : 0;
        }

#pragma unroll
        for (int r = 0; r < EMBEDDING_ROWS; r++)
        {
            if (r < end - i)
            {
                vectors[r] = Packed<T, N>::from(dx + row[r] * width + column);
            }
        }

#pragma unroll
        for (int r = 0; r < EMBEDDING_ROWS; r++)
        {
            if (r < end - i)
            {
                float values[N];
                vectors[r].unpack(values);
#pragma unroll
                for (int j = 0; j < N; j++)
                {
                    sums[j].add(values[j]);
                }
            }
        }
    }

#pragma unroll
    for (int j = 0; j < N; j++)
    {
        old[j] = sums[j].sum;
    }

    store(target, old);
}
