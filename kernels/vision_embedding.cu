#include "row_slices.cuh"

// CLIP's input rows: the class token, then the patches, plus learned positions. Twin: engine/Ops/Cpu/VisionEmbedding.cs.

// x[picture, 0] = cls + positions[0], x[picture, token] = patches[picture, token − 1] + positions[token]. A block has a slice of one row. 4 bytes an element (bf16), positions from L2.
template <typename T, int N>
__global__ void __launch_bounds__(ROW_THREADS) vision_embedding_forward(T* x, const T* patches, const T* cls, const T* positions, i32 tokens, i64 width)
{
    u32 picture = blockIdx.x / tokens;
    u32 token = blockIdx.x % tokens;
    const T* content = token == 0 ? cls : patches + ((i64)blockIdx.x - picture - 1) * width;
    T* target = x + blockIdx.x * width;
    Packed<T, N> contents[ROW_LOADS];
    Packed<T, N> places[ROW_LOADS];
    load_slice(contents, content, width);
    load_slice(places, positions + token * width, width);
#pragma unroll
    for (int k = 0; k < ROW_LOADS; k++)
    {
        i64 column = slice_column<N>(k);
        if (column < width)
        {
            float left[N];
            float right[N];
            contents[k].unpack(left);
            places[k].unpack(right);
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                left[j] += right[j];
            }

            store(target + column, left);
        }
    }
}

// target (+)= sum
template <int N>
DEVICE void put_sum(float* target, const float (&sum)[N], i32 accumulate)
{
    float values[N] = {};
    if (accumulate)
    {
        load(target, values);
    }

#pragma unroll
    for (int j = 0; j < N; j++)
    {
        values[j] += sum[j];
    }

    store(target, values);
}

constexpr int VISION_EMBEDDING_PICTURES = 4;

// dpositions[token] (+)= the sum of dx over the pictures, in their order; the class token's sum goes to dcls too, a patch's dx to dpatches. A block has one token (blockIdx.x) and a
// slice of the columns (blockIdx.y); a thread has N columns and four pictures under way.
template <typename T, int N>
__global__ void __launch_bounds__(ROW_THREADS)
vision_embedding_backward(T* dpatches, float* dcls, float* dpositions, const T* dx, i32 pictures, i32 tokens, i64 width, i32 accumulate)
{
    i64 column = ((i64)blockIdx.y * ROW_THREADS + threadIdx.x) * N;
    if (column >= width)
    {
        return;
    }

    i64 token = blockIdx.x;
    float sum[N] = {};
    for (i64 picture = 0; picture < pictures; picture += VISION_EMBEDDING_PICTURES)
    {
        Packed<T, N> vectors[VISION_EMBEDDING_PICTURES];
#pragma unroll
        for (int p = 0; p < VISION_EMBEDDING_PICTURES; p++)
        {
            if (picture + p < pictures)
            {
                vectors[p] = Packed<T, N>::from(dx + ((picture + p) * tokens + token) * width + column);
            }
        }

#pragma unroll
        for (int p = 0; p < VISION_EMBEDDING_PICTURES; p++)
        {
            if (picture + p < pictures)
            {
                float values[N];
                vectors[p].unpack(values);
#pragma unroll
                for (int j = 0; j < N; j++)
                {
                    sum[j] += values[j];
                }

                if (token > 0)
                {
                    vectors[p].store(dpatches + ((picture + p) * (tokens - 1) + token - 1) * width + column);
                }
            }
        }
    }

    put_sum(dpositions + token * width + column, sum, accumulate);
    if (token == 0)
    {
        put_sum(dcls + column, sum, accumulate);
    }
}
