#pragma once
#include "attention_rows.cuh"
#include "exponentials.cuh"

// What the tensor-core kernels of attention share: tiles of one head's rows in shared memory, and products of such tiles.
//
// BM is the number of queries of a tile, BN that of keys, D the head size. A tile keeps its rows D + 8 elements apart: the 8 rows that ldmatrix reads at once then begin in 8 different groups of banks for every D that is a multiple of 16.
// A warp computes 16 MT rows of a product. Lane l has group g = l / 4 and quad q = l % 4; in x[i][j][e] it holds row 16 i + g + 8 (e / 2), column 8 j + 2 q + e % 2 of the
// warp's rows: a row lies in the four lanes of a group, and columns c and c + D / 2 of a row, D / 16 fragments apart, in one lane.

constexpr int ATTENTION_WARPS = 4;
constexpr int ATTENTION_THREADS = ATTENTION_WARPS * 32;

template <int D>
constexpr int TILE_PITCH = D + 8;

// Of a tile with MT * 16 rows for each warp: the first that this warp has.
template <int MT>
DEVICE int warp_row() { return (int)threadIdx.x / 32 * MT * 16; }

DEVICE int lane_of_warp() { return threadIdx.x % 32; }
DEVICE int lane_group() { return lane_of_warp() / 4; }
DEVICE int lane_quad() { return threadIdx.x % 4; }

// ---- global memory to shared memory -------------------------------------------------------------------------------------------------------------

// A thread's part in copies of tiles: 16 bytes of every few rows.
template <int D>
struct TileCopy
{
    static constexpr int chunks = D / 8;
    static constexpr int rows_at_once = ATTENTION_THREADS / chunks;
    const bf16* source;
    i64 stride;

    // rows is where the tile's row 0 begins; they lie row_stride elements apart.
    DEVICE TileCopy(const bf16* rows, i64 row_stride) : source(rows + (int)threadIdx.x / chunks * row_stride + (int)threadIdx.x % chunks * 8), stride(row_stride) {}

    DEVICE void move(int rows) { source += rows * stride; }

    // Starts the copy of Rows rows, offset elements further; those from valid on become zeros. All threads take part; the caller commits and waits.
    template <int Rows>
    DEVICE void start(bf16* tile, int offset, int valid) const
    {
        int row = (int)threadIdx.x / chunks;
        if (ATTENTION_THREADS % chunks != 0 && row >= rows_at_once)
        {
            return;
        }

        tile += row * TILE_PITCH<D> + (int)threadIdx.x % chunks * 8;
        const bf16* from = source + offset;
#pragma unroll
        for (int i = 0; i < Rows; i += rows_at_once)
        {
            if (Rows % rows_at_once == 0 || i + row < Rows)
            {
                cp_async16(tile + i * TILE_PITCH<D>, from, i + row < valid);
            }

            from += rows_at_once * stride;
        }
    }
};

// ---- products -----------------------------------------------------------------------------------------------------------------------------------

template <int MT, int NT>
DEVICE void clear(float (&x)[MT][NT][4])
{
#pragma unroll
    for (int i = 0; i < MT; i++)
    {
#pragma unroll
        for (int j = 0; j < NT; j++)
        {
            x[i][j][0] = x[i][j][1] = x[i][j][2] = x[i][j][3] = 0.0f;
        }
    }
}

// Columns k to k + 15 of the warp's rows of a tile, as left operands.
template <int D, int MT>
DEVICE void load_left(u32 (&left)[MT][4], const bf16* tile, int k)
{
    tile += lane_of_warp() % 16 * TILE_PITCH<D> + lane_of_warp() / 16 * 8 + k;
#pragma unroll
    for (int i = 0; i < MT; i++)
    {
        ldmatrix_x4(left[i], tile + i * 16 * TILE_PITCH<D>);
    }
}

// s += A Bᵀ over columns k to k + 15, for all rows of the tile B.
template <int D, int MT, int NT>
DEVICE void multiply_step(float (&s)[MT][NT][4], const u32 (&left)[MT][4], const bf16* b, int k)
{
    b += (lane_of_warp() % 8 + lane_of_warp() / 16 * 8) * TILE_PITCH<D> + lane_of_warp() / 8 % 2 * 8 + k;
#pragma unroll
    for (int j = 0; j < NT; j += 2)
    {
        u32 right[4];
        ldmatrix_x4(right, b + j * 8 * TILE_PITCH<D>);
#pragma unroll
        for (int i = 0; i < MT; i++)
        {
            mma_m16n8k16(s[i][j], left[i], right[0], right[1]);
            mma_m16n8k16(s[i][j + 1], left[i], right[2], right[3]);
        }
    }
}

// s = A Bᵀ over D: A the warp's rows of one tile, B all rows of another.
template <int D, int MT, int NT>
DEVICE void multiply_rows(float (&s)[MT][NT][4], const bf16* a, const bf16* b)
{
    clear(s);
#pragma unroll
    for (int k = 0; k < D; k += 16)
    {
        u32 left[MT][4];
        load_left<D>(left, a, k);
        multiply_step<D>(s, left, b, k);
    }
}

// The warp's rows of a tile in registers, for products with one tile after another.
template <int D, int MT>
DEVICE void load_operand(u32 (&a)[D / 16][MT][4], const bf16* tile)
{
#pragma unroll
    for (int k = 0; k < D / 16; k++)
    {
        load_left<D>(a[k], tile, k * 16);
    }
}

// s = A Bᵀ over D, with A in registers.
template <int D, int MT, int NT>
DEVICE void multiply_held(float (&s)[MT][NT][4], const u32 (&a)[D / 16][MT][4], const bf16* b)
{
    clear(s);
#pragma unroll
    for (int k = 0; k < D / 16; k++)
    {
        multiply_step<D>(s, a[k], b, k * 16);
    }
}

// sums += P B: P the result of multiply_rows, rounded to bf16 (two neighbouring fragments are one left operand as they lie), B a tile with a row for each column of P.
template <int D, int MT, int NT>
DEVICE void accumulate_rows(float (&sums)[MT][D / 8][4], const float (&p)[MT][NT][4], const bf16* b)
{
    b += lane_of_warp() % 16 * TILE_PITCH<D> + lane_of_warp() / 16 * 8;
#pragma unroll
    for (int k = 0; k < NT; k += 2)
    {
        u32 left[MT][4];
#pragma unroll
        for (int i = 0; i < MT; i++)
        {
            left[i][0] = pack_bf16x2(p[i][k][0], p[i][k][1]);
            left[i][1] = pack_bf16x2(p[i][k][2], p[i][k][3]);
            left[i][2] = pack_bf16x2(p[i][k + 1][0], p[i][k + 1][1]);
            left[i][3] = pack_bf16x2(p[i][k + 1][2], p[i][k + 1][3]);
        }

#pragma unroll
        for (int j = 0; j < D / 8; j += 2)
        {
            u32 right[4];
            ldmatrix_x4_transposed(right, b + k * 8 * TILE_PITCH<D> + j * 8);
#pragma unroll
            for (int i = 0; i < MT; i++)
            {
                mma_m16n8k16(sums[i][j], left[i], right[0], right[1]);
                mma_m16n8k16(sums[i][j + 1], left[i], right[2], right[3]);
            }
        }
    }
}

// Gives no weight to scores of columns above the last (or below the first) that a row sees: border(row), both counted within the warp's rows and the other tile's.
template <bool Below, int MT, int NT, typename Border>
DEVICE void hide(float (&s)[MT][NT][4], Border border)
{
#pragma unroll
    for (int i = 0; i < MT; i++)
    {
#pragma unroll
        for (int r = 0; r < 2; r++)
        {
            int column = border(i * 16 + lane_group() + r * 8) - lane_quad() * 2;
#pragma unroll
            for (int j = 0; j < NT; j++)
            {
#pragma unroll
                for (int e = 0; e < 2; e++)
                {
                    if (Below ? j * 8 + e < column : j * 8 + e > column)
                    {
                        s[i][j][r * 2 + e] = -infinity();
                    }
                }
            }
        }
    }
}
