#include "attention_store.cuh"

// The first half of the gradients of attention.cu: δ = rowsum(dO∘O), P made again from lse, dS = P∘(dO Vᵀ − δ), dQ = scale dS K, turned back by the rotary angles where there are any.
// A block holds BM queries with their output gradients and walks over their keys and values in tiles of BN, of which two are in shared memory: one is read while the next is on its
// way. Sums are fp32; dS is rounded to bf16. δ [heads, rows] is left to the second half, attention_backward_dkdv.cu. Twin: engine/Ops/Cpu/AttentionGradients.cs.

// What a lane knows of its rows: lse (base 2) and δ.
template <int MT>
struct RowStatistics
{
    float lse[MT][2];
    float delta[MT][2];
};

// δ comes straight from global memory, while the tiles are on their way: a quad's lanes read 16 bytes each, side by side.
template <int D, int MT>
DEVICE void find_delta(RowStatistics<MT>& statistics, const bf16* dO, const bf16* o, i64 stride, int valid)
{
#pragma unroll
    for (int i = 0; i < MT; i++)
    {
#pragma unroll
        for (int r = 0; r < 2; r++)
        {
            int row = i * 16 + lane_group() + r * 8;
            float sum = 0.0f;
#pragma unroll
            for (int first = 0; first < D; first += 32)
            {
                int column = first + lane_quad() * 8;
                if (row < valid && column < D)
                {
                    float x[8];
                    float y[8];
                    load(dO + row * stride + column, x);
                    load(o + row * stride + column, y);
#pragma unroll
                    for (int e = 0; e < 8; e++)
                    {
                        sum += x[e] * y[e];
                    }
                }
            }

            sum += __shfl_xor_sync(FULL_WARP, sum, 1);
            sum += __shfl_xor_sync(FULL_WARP, sum, 2);
            statistics.delta[i][r] = sum;
        }
    }
}

// lse and delta point to the warp's first row: one is read, the other written.
template <int MT>
DEVICE void exchange_statistics(RowStatistics<MT>& statistics, float* delta, const float* lse, int valid)
{
#pragma unroll
    for (int i = 0; i < MT; i++)
    {
#pragma unroll
        for (int r = 0; r < 2; r++)
        {
            int row = i * 16 + lane_group() + r * 8;
            statistics.lse[i][r] = row < valid ? lse[row] * LOG2_E : 0.0f;
            if (row < valid && lane_quad() == 0)
            {
                delta[row] = statistics.delta[i][r];
            }
        }
    }
}

// Scores and dP become dS, in the place of the scores.
template <int MT, int NT>
DEVICE void differentiate(float (&s)[MT][NT][4], const float (&dp)[MT][NT][4], const RowStatistics<MT>& statistics, float scale_log2)
{
#pragma unroll
    for (int i = 0; i < MT; i++)
    {
#pragma unroll
        for (int j = 0; j < NT; j++)
        {
#pragma unroll
            for (int e = 0; e < 4; e++)
            {
                s[i][j][e] = exp2_approx(s[i][j][e] * scale_log2 - statistics.lse[i][e / 2]) * (dp[i][j][e] - statistics.delta[i][e / 2]);
            }
        }
    }
}

template <int D, int BM, int BN>
__global__ void __launch_bounds__(ATTENTION_THREADS) attention_backward_dq(
    bf16* dqkv, float* delta, const bf16* dO, const bf16* o, const float* lse, const bf16* qkv, const float* cos, const float* sin, const int* positions, const int* cu_seqlens,
    i64 rows, int heads, int kv_heads, int causal, float scale, float scale_log2)
{
    constexpr int MT = BM / (ATTENTION_WARPS * 16);
    constexpr int tile = BN * TILE_PITCH<D>;
    HeadRows own = find_rows<BM>(cu_seqlens, heads, true);
    if (!own.exists)
    {
        return;
    }

    HeadLayout layout{heads, kv_heads, D};
    bf16* q_tile = reinterpret_cast<bf16*>(shared_memory());
    bf16* dO_tile = q_tile + BM * TILE_PITCH<D>;
    bf16* stages = dO_tile + BM * TILE_PITCH<D>;
    bf16* own_q = q_tile + warp_row<MT>() * TILE_PITCH<D>;
    bf16* own_dO = dO_tile + warp_row<MT>() * TILE_PITCH<D>;

    // As in the forward pass, the tiles that hide keys come first.
    int end = causal ? own.start + min(BM, own.length - own.start) : own.length;
    int start = (end - 1) / BN * BN;
    i64 first_row = own.first + own.start;
    TileCopy<D>(qkv + first_row * layout.stride() + layout.query(own.head), layout.stride()).template start<BM>(q_tile, 0, own.length - own.start);
    TileCopy<D>(dO + first_row * layout.o_stride() + layout.query(own.head), layout.o_stride()).template start<BM>(dO_tile, 0, own.length - own.start);
    TileCopy<D> keys(qkv + (own.first + start) * layout.stride() + layout.key(own.head / layout.group()), layout.stride());
    keys.template start<BN>(stages, 0, own.length - start);
    keys.template start<BN>(stages + tile, layout.key_to_value(), own.length - start);
    cp_async_commit();

    first_row += warp_row<MT>();
    int valid = own.length - own.start - warp_row<MT>();
    RowStatistics<MT> statistics;
    i64 output = first_row * layout.o_stride() + layout.query(own.head);
    find_delta<D>(statistics, dO + output, o + output, layout.o_stride(), valid);
    exchange_statistics(statistics, delta + own.head * rows + first_row, lse + own.head * rows + first_row, valid);

    // 16 rows a warp leave registers for the left operands: then each tile takes a third less reading from shared memory.
    constexpr bool held = MT == 1;
    u32 q_held[held ? D / 16 : 1][MT][4];
    u32 dO_held[held ? D / 16 : 1][MT][4];
    if constexpr (held)
    {
        cp_async_wait<0>();
        __syncthreads();
        load_operand<D>(q_held, own_q);
        load_operand<D>(dO_held, own_dO);
    }

    float sums[MT][D / 8][4];
    clear(sums);
    for (int stage = 0; start >= 0; start -= BN, stage ^= 1)
    {
        // This tile is there, and nobody reads the other any more.
        cp_async_wait<0>();
        __syncthreads();
        const bf16* k_tile = stages + stage * 2 * tile;
        if (start > 0)
        {
            bf16* next = stages + (stage ^ 1) * 2 * tile;
            keys.move(-BN);
            keys.template start<BN>(next, 0, BN);
            keys.template start<BN>(next + tile, layout.key_to_value(), BN);
            cp_async_commit();
        }

        float s[MT][BN / 8][4];
        float dp[MT][BN / 8][4];
        if constexpr (held)
        {
            multiply_held<D>(s, q_held, k_tile);
            multiply_held<D>(dp, dO_held, k_tile + tile);
        }
        else
        {
            multiply_rows<D>(s, own_q, k_tile);
            multiply_rows<D>(dp, own_dO, k_tile + tile);
        }

        if (causal ? start + BN - 1 > own.start : own.length - start < BN)
        {
            hide<false>(s, [&](int row) { return causal ? own.start - start + (warp_row<MT>() + row) : own.length - start - 1; });
        }

        differentiate(s, dp, statistics, scale_log2);
        accumulate_rows<D>(sums, s, k_tile);
    }

    if (cos != nullptr)
    {
        rotate_back<D>(sums, cos, sin, positions + first_row, valid);
    }

    store_rows<D>(dqkv + first_row * layout.stride() + layout.query(own.head), layout.stride(), valid, own_q, sums, [&](int, int) { return scale; });
}
