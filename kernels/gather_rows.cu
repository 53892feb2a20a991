#include "row_slices.cuh"

// Chosen rows of a matrix: a block copies a slice of one row, bit by bit. 4 bytes an element (bf16). Twin: engine/Ops/Cpu/GatherRows.cs.

// y[i] = x[index[i]]
template <typename T, int N>
__global__ void __launch_bounds__(ROW_THREADS) gather_rows_forward(T* y, const T* x, const i32* index, i64 width)
{
    copy_slice<N>(y + blockIdx.x * width, x + index[blockIdx.x] * width, width);
}

// dx[index[i]] = dy[i]; the rows that were not chosen are zero already.
template <typename T, int N>
__global__ void __launch_bounds__(ROW_THREADS) gather_rows_backward(T* dx, const T* dy, const i32* index, i64 width)
{
    copy_slice<N>(dx + index[blockIdx.x] * width, dy + blockIdx.x * width, width);
}
