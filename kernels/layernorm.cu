#include "norm_backward.cuh"

// Layer norm of CLIP with the residual addition before it: s = x + delta, r = 1 / sqrt(var(s) + epsilon), y = (s - mean) r w + b; the variance is taken in a second pass over the
// registers. Saved are s, mean and r. Backward adds into the gradient of the residual stream: g = dy w, n = (s - mean) r, dres += r (g - mean(g) - n mean(g n)), dw = sum over rows
// of dy n, db = sum of dy. 8 bytes an element each way (bf16; 4 forward without delta). Twin: engine/Ops/Cpu/LayerNorm.cs.

template <typename T, int N>
__global__ void __launch_bounds__(NORM_THREADS) layernorm_forward(
    T* y, float* mean, float* rstd, T* sum, const T* x, const T* delta, const T* w, const T* b, int width, float epsilon)
{
    const i64 row = blockIdx.x;
    const i64 start = row * width;
    norm_forward<true, T, N>(y + start, mean + row, rstd + row, sum + start, x + start, delta == nullptr ? nullptr : delta + start, w, b, width, epsilon);
}

template <typename T>
__global__ void __launch_bounds__(NORM_BACKWARD_THREADS<true, T>) layernorm_backward(
    T* dres, float* partials, T* y, const T* dy, const T* x, const float* mean, const float* rstd, const T* w, const T* b, i64 rows, int width)
{
    norm_backward<true, T>(dres, partials, y, dy, x, mean, rstd, w, b, rows, width);
}

template <typename T>
__global__ void __launch_bounds__(NORM_BACKWARD_THREADS<true, T>) layernorm_backward_any(
    T* dres, float* partials, T* y, const T* dy, const T* x, const float* mean, const float* rstd, const T* w, const T* b, i64 rows, int width)
{
    norm_backward_any<true, T>(dres, partials, y, dy, x, mean, rstd, w, b, rows, width);
}
