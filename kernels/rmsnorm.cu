#include "norm_backward.cuh"

// Root-mean-square norm of LLaMA with the residual addition before it: s = x + delta, r = 1 / sqrt(mean(s^2) + epsilon), y = w round(s r). Saved are s and r. Backward adds into the
// gradient of the residual stream: g = dy w, n = s r, dres += r (g - n mean(g n)), dw = sum over rows of dy n. 8 bytes an element each way (bf16; 4 forward without delta).
// Twin: engine/Ops/Cpu/RmsNorm.cs.

template <typename T, int N>
__global__ void __launch_bounds__(NORM_THREADS) rmsnorm_forward(
    T* y, float* rstd, T* sum, const T* x, const T* delta, const T* w, int width, float epsilon)
{
    const i64 row = blockIdx.x;
    const i64 start = row * width;
    norm_forward<false, T, N>(
        y + start, nullptr, rstd + row, sum + start, x + start, delta == nullptr ? nullptr : delta + start, w, (const T*)nullptr, width, epsilon);
}

template <typename T>
__global__ void __launch_bounds__(NORM_BACKWARD_THREADS<false, T>) rmsnorm_backward(
    T* dres, float* partials, T* y, const T* dy, const T* x, const float* rstd, const T* w, i64 rows, int width)
{
    norm_backward<false, T>(dres, partials, y, dy, x, nullptr, rstd, w, nullptr, rows, width);
}

template <typename T>
__global__ void __launch_bounds__(NORM_BACKWARD_THREADS<false, T>) rmsnorm_backward_any(
    T* dres, float* partials, T* y, const T* dy, const T* x, const float* rstd, const T* w, i64 rows, int width)
{
    norm_backward_any<false, T>(dres, partials, y, dy, x, nullptr, rstd, w, nullptr, rows, width);
}
