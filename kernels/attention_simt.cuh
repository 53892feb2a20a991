#pragma once
#include "attention_rows.cuh"

// Products of one head's rows with fp32 arithmetic, for any storage and any head size. A block of 16 x 16 threads has 64 rows of its own and meets 64 others at a time: thread
// (y, x) has the products of own rows 4 y + r with others x + 16 c, and of its rows' sums the columns 4 x + e and half + 4 x + e of the block's slice of the head, where half is
// half the head: a rotated pair lies in one thread. Heads that are wider than a slice take several blocks, each of which computes the weights again.

constexpr int SIMT_THREADS = 256;
constexpr int SIMT_ROWS = 64;
constexpr int SIMT_SLICE = 64;  // pairs of columns
constexpr int SIMT_DEPTH = 32;  // columns of a step of a product over the head
constexpr int SIMT_KEYS = 16;   // rows of a step of a product with weights
constexpr int SIMT_PITCH = SIMT_DEPTH + 4;
constexpr int SIMT_WEIGHT_PITCH = SIMT_ROWS + 4;

DEVICE int simt_x() { return threadIdx.x % 16; }
DEVICE int simt_y() { return threadIdx.x / 16; }

// Shared memory: steps of both sides of a product, and the weights between two products. 35,840 bytes.
struct SimtMemory
{
    float* left;
    float* right;
    float* weights;

    DEVICE SimtMemory()
    {
        left = reinterpret_cast<float*>(shared_memory());
        right = left + SIMT_ROWS * SIMT_PITCH;
        weights = right + SIMT_ROWS * SIMT_PITCH;
    }
};

// Rows of one head in global memory; those from valid on count as zeros.
template <typename T>
struct SimtRows
{
    const T* rows;
    i64 stride;
    int valid;
};

// The columns of a head that a block sums.
struct SimtSlice
{
    int head_size;
    int half;
    int first;

    DEVICE SimtSlice(int size, int slice) : head_size(size), half((size + 1) / 2), first(slice * SIMT_SLICE) {}

    // The column of the head for a column of the slice, or -1: pairs' first halves, then their second halves.
    DEVICE int column(int of_slice) const
    {
        int pair = first + of_slice % SIMT_SLICE;
        int at = of_slice < SIMT_SLICE ? pair : pair + half;
        return pair < half && at < head_size ? at : -1;
    }

    // The slice's column of a thread's e-th sum, e < 8.
    static DEVICE int of_sum(int e) { return e / 4 * SIMT_SLICE + simt_x() * 4 + e % 4; }
};

DEVICE void load_four(const float* shared, float (&x)[4]) { Vector<float>::unpack(load_shared_16(shared), x); }

template <typename T>
DEVICE void load_depth(float* target, SimtRows<T> source, int first, int head_size)
{
    int column = threadIdx.x % SIMT_DEPTH;
    for (int row = threadIdx.x / SIMT_DEPTH; row < SIMT_ROWS; row += SIMT_THREADS / SIMT_DEPTH)
    {
        bool valid = row < source.valid && first + column < head_size;
        target[row * SIMT_PITCH + column] = valid ? to_float(source.rows[row * source.stride + first + column]) : 0.0f;
    }
}

// s = A Bᵀ over the head.
template <typename T>
DEVICE void simt_multiply(float (&s)[4][4], SimtRows<T> a, SimtRows<T> b, int head_size, SimtMemory memory)
{
#pragma unroll
    for (int r = 0; r < 4; r++)
    {
        s[r][0] = s[r][1] = s[r][2] = s[r][3] = 0.0f;
    }

    for (int first = 0; first < head_size; first += SIMT_DEPTH)
    {
        __syncthreads();
        load_depth(memory.left, a, first, head_size);
        load_depth(memory.right, b, first, head_size);
        __syncthreads();
        int depth = min(SIMT_DEPTH, head_size - first);
        for (int k = 0; k < depth; k += 4)
        {
            float x[4][4];
            float y[4][4];
#pragma unroll
            for (int r = 0; r < 4; r++)
            {
                load_four(memory.left + (simt_y() * 4 + r) * SIMT_PITCH + k, x[r]);
                load_four(memory.right + (simt_x() + r * 16) * SIMT_PITCH + k, y[r]);
            }

#pragma unroll
            for (int r = 0; r < 4; r++)
            {
#pragma unroll
                for (int c = 0; c < 4; c++)
                {
#pragma unroll
                    for (int e = 0; e < 4; e++)
                    {
                        s[r][c] = fmaf(x[r][e], y[c][e], s[r][c]);
                    }
                }
            }
        }
    }
}

// Gives the weights to the sixteen threads that share their rows, half a warp; simt_accumulate's first barrier stands between this and their reading.
DEVICE void simt_share(const float (&p)[4][4], SimtMemory memory)
{
    __syncwarp();
#pragma unroll
    for (int r = 0; r < 4; r++)
    {
#pragma unroll
        for (int c = 0; c < 4; c++)
        {
            memory.weights[(simt_y() * 4 + r) * SIMT_WEIGHT_PITCH + simt_x() + c * 16] = p[r][c];
        }
    }
}

// sums += P B over the block's slice: P as shared, a row of B for each of its columns.
template <typename T>
DEVICE void simt_accumulate(float (&sums)[4][8], SimtRows<T> b, SimtSlice slice, SimtMemory memory)
{
    for (int first = 0; first < min(SIMT_ROWS, b.valid); first += SIMT_KEYS)
    {
        __syncthreads();
        int column = slice.column(threadIdx.x % (2 * SIMT_SLICE));
        for (int row = threadIdx.x / (2 * SIMT_SLICE); row < SIMT_KEYS; row += SIMT_THREADS / (2 * SIMT_SLICE))
        {
            bool valid = first + row < b.valid && column >= 0;
            memory.left[row * 2 * SIMT_SLICE + threadIdx.x % (2 * SIMT_SLICE)] = valid ? to_float(b.rows[(first + row) * b.stride + column]) : 0.0f;
        }

        __syncthreads();
#pragma unroll 4
        for (int k = 0; k < SIMT_KEYS; k++)
        {
            float low[4];
            float high[4];
            load_four(memory.left + k * 2 * SIMT_SLICE + simt_x() * 4, low);
            load_four(memory.left + k * 2 * SIMT_SLICE + SIMT_SLICE + simt_x() * 4, high);
#pragma unroll
            for (int r = 0; r < 4; r++)
            {
                float p = memory.weights[(simt_y() * 4 + r) * SIMT_WEIGHT_PITCH + first + k];
#pragma unroll
                for (int e = 0; e < 4; e++)
                {
                    sums[r][e] = fmaf(p, low[e], sums[r][e]);
                    sums[r][4 + e] = fmaf(p, high[e], sums[r][4 + e]);
                }
            }
        }
    }
}

DEVICE void simt_clear(float (&sums)[4][8])
{
#pragma unroll
    for (int r = 0; r < 4; r++)
    {
#pragma unroll
        for (int e = 0; e < 8; e++)
        {
            sums[r][e] = 0.0f;
        }
    }
}

// Sum and maximum over the sixteen threads that share their rows.
DEVICE float simt_row_sum(float x)
{
#pragma unroll
    for (int distance = 8; distance > 0; distance /= 2)
    {
        x += __shfl_xor_sync(FULL_WARP, x, distance);
    }

    return x;
}

DEVICE float simt_row_max(float x)
{
#pragma unroll
    for (int distance = 8; distance > 0; distance /= 2)
    {
        x = fmaxf(x, __shfl_xor_sync(FULL_WARP, x, distance));
    }

    return x;
}

// Writes factor times the sums of the block's rows.
template <typename T>
DEVICE void simt_store(T* rows, i64 stride, int valid, SimtSlice slice, const float (&sums)[4][8], const float (&factor)[4])
{
#pragma unroll
    for (int r = 0; r < 4; r++)
    {
        int row = simt_y() * 4 + r;
#pragma unroll
        for (int e = 0; e < 8; e++)
        {
            int column = slice.column(SimtSlice::of_sum(e));
            if (row < valid && column >= 0)
            {
                rows[row * stride + column] = Vector<T>::store(sums[r][e] * factor[r]);
            }
        }
    }
}

// Turns the rows back by the angles of their positions.
DEVICE void simt_rotate_back(float (&sums)[4][8], SimtSlice slice, const float* cos, const float* sin, const int* positions, int valid)
{
#pragma unroll
    for (int r = 0; r < 4; r++)
    {
        int row = simt_y() * 4 + r;
#pragma unroll
        for (int e = 0; e < 4; e++)
        {
            int pair = slice.column(SimtSlice::of_sum(e));
            if (row < valid && pair >= 0)
            {
                i64 angle = (i64)positions[row] * slice.half + pair;
                float low = sums[r][e];
                float high = sums[r][4 + e];
                sums[r][e] = low * cos[angle] + high * sin[angle];
                sums[r][4 + e] = high * cos[angle] - low * sin[angle];
            }
        }
    }
}
