#pragma once
#include "common.cuh"

// Ops on rows in which a column depends on no other column: a block has one row (blockIdx.x) and a slice of its columns (blockIdx.y), so that nobody divides to find his place.
// A thread has four independent loads of 16 bytes of a tensor under way.

constexpr int ROW_THREADS = 128;
constexpr int ROW_LOADS = 4;

// Where a thread's k-th vector of N columns begins.
template <int N>
DEVICE i64 slice_column(int k)
{
    return (((i64)blockIdx.y * ROW_LOADS + k) * ROW_THREADS + threadIdx.x) * N;
}

// Loads the block's slice of a row; N divides width.
template <typename T, int N>
DEVICE void load_slice(Packed<T, N> (&slice)[ROW_LOADS], const T* row, i64 width)
{
#pragma unroll
    for (int k = 0; k < ROW_LOADS; k++)
    {
        i64 column = slice_column<N>(k);
        if (column < width)
        {
            slice[k] = Packed<T, N>::from(row + column);
        }
    }
}

// Copies the block's slice of a row, bit by bit.
template <int N, typename T>
DEVICE void copy_slice(T* to, const T* from, i64 width)
{
    Packed<T, N> slice[ROW_LOADS];
    load_slice(slice, from, width);
#pragma unroll
    for (int k = 0; k < ROW_LOADS; k++)
    {
        i64 column = slice_column<N>(k);
        if (column < width)
        {
            slice[k].store(to + column);
        }
    }
}
