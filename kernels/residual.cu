#include "elementwise.cuh"

// Addition into the residual stream: x += delta, rounded once. 6 bytes an element (bf16). Twin: engine/Ops/Cpu/Residual.cs.

template <typename T, int N>
__global__ void __launch_bounds__(ELEMENTWISE_THREADS) residual_add(T* x, const T* delta, i64 count)
{
    map_element_pairs<N>(x, x, delta, count, [](float a, float b) { return a + b; });
}
