#pragma once
#include "attention_tiles.cuh"

// The ends of the tensor-core kernels of attention: sums in registers (see attention_tiles.cuh for who holds what) on their way to global memory.

// Two floats that lie next to each other, read by one instruction.
struct alignas(8) FloatPair
{
    float x, y;
};

DEVICE FloatPair load_pair(const float* address) { return *reinterpret_cast<const FloatPair*>(address); }

// Turns the warp's rows back by the angles of their positions: from gradients behind the rotation of (c, c + D/2) to those before it, in fp32.
template <int D, int MT>
DEVICE void rotate_back(float (&x)[MT][D / 8][4], const float* cos, const float* sin, const int* positions, int valid)
{
#pragma unroll
    for (int i = 0; i < MT; i++)
    {
#pragma unroll
        for (int r = 0; r < 2; r++)
        {
            int row = i * 16 + lane_group() + r * 8;
            if (row < valid)
            {
                i64 angles = (i64)positions[row] * (D / 2) + lane_quad() * 2;
#pragma unroll
                for (int j = 0; j < D / 16; j++)
                {
                    FloatPair c = load_pair(cos + angles + j * 8);
                    FloatPair s = load_pair(sin + angles + j * 8);
                    float* low = &x[i][j][r * 2];
                    float* high = &x[i][j + D / 16][r * 2];
                    float x0 = low[0];
                    float x1 = low[1];
                    low[0] = x0 * c.x + high[0] * s.x;
                    low[1] = x1 * c.y + high[1] * s.y;
                    high[0] = high[0] * c.x - x0 * s.x;
                    high[1] = high[1] * c.y - x1 * s.y;
                }
            }
        }
    }
}

// Writes factor(i, r) x to the warp's rows in global memory, where row 16 i + g + 8 r has the factor; by way of the warp's own rows of a tile that no other warp reads any more,
// so that lanes side by side write 16 bytes each of whole rows.
template <int D, int MT, typename Factor>
DEVICE void store_rows(bf16* rows, i64 stride, int valid, bf16* tile, const float (&x)[MT][D / 8][4], Factor factor)
{
    __syncwarp();
#pragma unroll
    for (int i = 0; i < MT; i++)
    {
#pragma unroll
        for (int r = 0; r < 2; r++)
        {
            float f = factor(i, r);
            bf16* target = tile + (i * 16 + lane_group() + r * 8) * TILE_PITCH<D> + lane_quad() * 2;
#pragma unroll
            for (int j = 0; j < D / 8; j++)
            {
                *reinterpret_cast<u32*>(target + j * 8) = pack_bf16x2(x[i][j][r * 2] * f, x[i][j][r * 2 + 1] * f);
            }
        }
    }

    __syncwarp();
    constexpr int chunks = D / 8;
    constexpr int rows_at_once = 32 / chunks;
    int row = lane_of_warp() / chunks;
    int column = lane_of_warp() % chunks * 8;
    tile += row * TILE_PITCH<D> + column;
    rows += row * stride + column;
    valid = row < rows_at_once ? min(valid, MT * 16) : 0;
    for (; row < valid; row += rows_at_once)
    {
        store_16(rows, load_shared_16(tile));
        tile += rows_at_once * TILE_PITCH<D>;
        rows += rows_at_once * stride;
    }
}
