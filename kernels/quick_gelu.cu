#include "elementwise.cuh"
#include "exponentials.cuh"

// CLIP's activation: y = x σ(1.702 x); slope σ + 1.702 x σ (1 − σ). 4 bytes an element forward, 6 backward (bf16). Twin: engine/Ops/Cpu/QuickGelu.cs.

constexpr float QUICK_GELU_SLOPE = 1.702f;

template <typename T, int N>
__global__ void __launch_bounds__(ELEMENTWISE_THREADS) quick_gelu_forward(T* y, const T* x, i64 count)
{
    map_elements<N>(y, x, count, [](float v) { return v * sigmoid<T>(QUICK_GELU_SLOPE * v); });
}

template <typename T, int N>
__global__ void __launch_bounds__(ELEMENTWISE_THREADS) quick_gelu_backward(T* dx, const T* dy, const T* x, i64 count)
{
    map_element_pairs<N>(dx, dy, x, count, [](float g, float v)
    {
        float inner = QUICK_GELU_SLOPE * v;
        float s = sigmoid<T>(inner);
        return g * (s + inner * s * (1.0f - s));
    });
}
