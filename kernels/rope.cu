#include "common.cuh"

// Rotary positions, in place on the query and key heads of packed rows [q heads | k heads | v heads]; values stay. Pairs are (i, i + D/2) of a head (Hugging Face):
// a' = a cos - b sin, b' = b cos + a sin, computed in fp32 from fp32 tables [positions][D/2] and rounded once. 4 bytes an element of q and k (bf16).
// A block takes a row. A thread turns N pairs of ROPE_HEADS heads by the same angles, which it reads once; neighbouring threads have neighbouring pairs.
// Twin: engine/Ops/Cpu/Rope.cs.

constexpr int ROPE_THREADS = 256;
constexpr int ROPE_HEADS = 4;

// heads: of queries and keys together; half: D/2, a multiple of N; stride: elements of a packed row.
template <typename T, int N>
__global__ void __launch_bounds__(ROPE_THREADS) rope_forward(
    T* qkv, const float* cosines, const float* sines, const i32* positions, int heads, int half, int stride)
{
    const i64 row = blockIdx.x;
    const i64 angles = (i64)positions[row] * half;
    T* packed = qkv + row * stride;
    const int vectors = half / N;
    const int groups = (heads + ROPE_HEADS - 1) / ROPE_HEADS;
    for (int item = threadIdx.x; item < groups * vectors; item += blockDim.x)
    {
        const int first = item / vectors;
        const int i = (item - first * vectors) * N;
        Packed<T, N> lower[ROPE_HEADS], upper[ROPE_HEADS];
#pragma unroll
        for (int k = 0; k < ROPE_HEADS; k++)
        {
            int head = first + k * groups;
            if (head < heads)
            {
                lower[k] = Packed<T, N>::from(packed + head * 2 * half + i);
                upper[k] = Packed<T, N>::from(packed + head * 2 * half + half + i);
            }
        }

        float c[N], s[N];
        load(cosines + angles + i, c);
        load(sines + angles + i, s);
#pragma unroll
        for (int k = 0; k < ROPE_HEADS; k++)
        {
            int head = first + k * groups;
            if (head < heads)
            {
                float a[N], b[N];
                lower[k].unpack(a);
                upper[k].unpack(b);
#pragma unroll
                for (int j = 0; j < N; j++)
                {
                    float turned = a[j] * c[j] - b[j] * s[j];
                    b[j] = b[j] * c[j] + a[j] * s[j];
                    a[j] = turned;
                }

                Packed<T, N>::of(a).store(packed + head * 2 * half + i);
                Packed<T, N>::of(b).store(packed + head * 2 * half + half + i);
            }
        }
    }
}
