#include "row_slices.cuh"
#include "exponentials.cuh"

// LLaMA's gated activation: h = silu(g) u with silu(g) = g σ(g); a row of gate_up is [g | u], each of width columns. A block has a slice of one row. Twin: engine/Ops/Cpu/SwiGlu.cs.

// 6 bytes an element of h (bf16).
template <typename T, int N>
__global__ void __launch_bounds__(ROW_THREADS) swiglu_forward(T* h, const T* gate_up, i64 width)
{
    const T* gate = gate_up + 2 * width * blockIdx.x;
    T* target = h + width * blockIdx.x;
    Packed<T, N> gates[ROW_LOADS];
    Packed<T, N> ups[ROW_LOADS];
    load_slice(gates, gate, width);
    load_slice(ups, gate + width, width);
#pragma unroll
    for (int k = 0; k < ROW_LOADS; k++)
    {
        i64 column = slice_column<N>(k);
        if (column < width)
        {
            float g[N];
            float u[N];
            gates[k].unpack(g);
            ups[k].unpack(u);
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                g[j] *= sigmoid<T>(g[j]) * u[j];
            }

            store(target + column, g);
        }
    }
}

// dg = dh u σ(g) (1 + g (1 − σ(g))) and du = dh silu(g) in the place of g and u; h once more unless it is null, perhaps in the place of dh. 10 bytes an element (bf16), 12 with h.
template <typename T, int N>
__global__ void __launch_bounds__(ROW_THREADS) swiglu_backward(T* gate_up, T* h, const T* dh, i64 width)
{
    T* gate = gate_up + 2 * width * blockIdx.x;
    T* up = gate + width;
    Packed<T, N> gates[ROW_LOADS];
    Packed<T, N> ups[ROW_LOADS];
    Packed<T, N> gradients[ROW_LOADS];
    load_slice(gates, gate, width);
    load_slice(ups, up, width);
    load_slice(gradients, dh + width * blockIdx.x, width);
#pragma unroll
    for (int k = 0; k < ROW_LOADS; k++)
    {
        i64 column = slice_column<N>(k);
        if (column < width)
        {
            float g[N];
            float u[N];
            float d[N];
            gates[k].unpack(g);
            ups[k].unpack(u);
            gradients[k].unpack(d);
            float product[N];
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                float s = sigmoid<T>(g[j]);
                float silu = g[j] * s;
                product[j] = silu * u[j];
                g[j] = d[j] * u[j] * s * (1.0f + (g[j] - silu));
                u[j] = d[j] * silu;
            }

            store(gate + column, g);
            store(up + column, u);
            if (h != nullptr)
            {
                store(h + width * blockIdx.x + column, product);
            }
        }
    }
}
