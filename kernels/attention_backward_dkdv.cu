#include "attention_store.cuh"

// The second half of the gradients of attention.cu: Pᵀ made again from lse, dV = Pᵀ dO, dSᵀ = Pᵀ∘(V dOᵀ − δ), dK = scale dSᵀ Q, turned back by the rotary angles where there are any.
// A block holds BN keys and values of one head and walks over the queries of all heads of its group, with their output gradients, in tiles of BM, of which two are in shared memory.
// Scores are computed transposed, so that Pᵀ and dSᵀ are left operands as they lie in registers. Sums are fp32; P and dS are rounded to bf16. After attention_backward_dq.cu, which
// leaves δ. Twin: engine/Ops/Cpu/AttentionGradients.cs.

// The walk over tiles of queries: from the first that sees any of the block's keys to the end of the sequence, of one head after another. A tile in shared memory is Q, dO, and lse and δ
// of its rows; rows behind the end are zeros, with which nothing is added to any sum.
template <int D, int BM>
struct QueryWalk
{
    static constexpr int tile = BM * TILE_PITCH<D>;
    static constexpr int stage = 2 * tile + 2 * BM * (int)(sizeof(float) / sizeof(bf16));
    TileCopy<D> queries;
    TileCopy<D> gradients;
    i64 statistics; // place of the head's lse and δ for the sequence's first row
    int heads_left;
    int first;
    int start;

    DEVICE QueryWalk(const bf16* qkv, const bf16* dO, HeadLayout layout, HeadRows own, i64 rows, int causal)
        : queries(qkv + own.first * layout.stride() + layout.query(own.head * layout.group()), layout.stride()),
          gradients(dO + own.first * layout.o_stride() + layout.query(own.head * layout.group()), layout.o_stride()),
          statistics(own.head * layout.group() * rows + own.first), heads_left(layout.group()), first(causal ? own.start : 0), start(first)
    {
        queries.move(first);
        gradients.move(first);
    }

    DEVICE void copy(bf16* target, const float* lse, const float* delta, int length) const
    {
        queries.template start<BM>(target, 0, length - start);
        gradients.template start<BM>(target + tile, 0, length - start);
        for (int i = threadIdx.x; i < 2 * BM; i += ATTENTION_THREADS)
        {
            int row = start + i % BM;
            cp_async4(reinterpret_cast<float*>(target + 2 * tile) + i, (i < BM ? lse : delta) + statistics + row, row < length);
        }

        cp_async_commit();
    }

    DEVICE void move(int length, i64 rows)
    {
        int distance = start + BM < length ? BM : first - start;
        start += distance;
        queries.move(distance);
        gradients.move(distance);
        if (distance != BM)
        {
            queries.source += D;
            gradients.source += D;
            statistics += rows;
            heads_left--;
        }
    }
};

// Transposed scores and dP become Pᵀ and dSᵀ. lse and δ are those of the tile's queries, which are columns here.
template <int MT, int NT>
DEVICE void differentiate_transposed(float (&s)[MT][NT][4], float (&dp)[MT][NT][4], const float* lse, const float* delta, float scale_log2)
{
#pragma unroll
    for (int j = 0; j < NT; j++)
    {
        FloatPair l = load_pair(lse + j * 8 + lane_quad() * 2);
        FloatPair d = load_pair(delta + j * 8 + lane_quad() * 2);
#pragma unroll
        for (int i = 0; i < MT; i++)
        {
#pragma unroll
            for (int e = 0; e < 4; e++)
            {
                s[i][j][e] = exp2_approx(s[i][j][e] * scale_log2 - (e % 2 == 0 ? l.x : l.y) * LOG2_E);
                dp[i][j][e] = s[i][j][e] * (dp[i][j][e] - (e % 2 == 0 ? d.x : d.y));
            }
        }
    }
}

template <int D, int BM, int BN>
__global__ void __launch_bounds__(ATTENTION_THREADS) attention_backward_dkdv(
    bf16* dqkv, const bf16* dO, const float* lse, const float* delta, const bf16* qkv, const float* cos, const float* sin, const int* positions, const int* cu_seqlens,
    i64 rows, int heads, int kv_heads, int causal, float scale, float scale_log2)
{
    constexpr int MT = BN / (ATTENTION_WARPS * 16);
    static_assert(BN % BM == 0, "the first tile of queries begins where the keys do");
    using Walk = QueryWalk<D, BM>;
    HeadRows own = find_rows<BN>(cu_seqlens, kv_heads, false);
    if (!own.exists)
    {
        return;
    }

    HeadLayout layout{heads, kv_heads, D};
    bf16* k_tile = reinterpret_cast<bf16*>(shared_memory());
    bf16* v_tile = k_tile + BN * TILE_PITCH<D>;
    bf16* stages = v_tile + BN * TILE_PITCH<D>;
    bf16* own_k = k_tile + warp_row<MT>() * TILE_PITCH<D>;
    bf16* own_v = v_tile + warp_row<MT>() * TILE_PITCH<D>;
    TileCopy<D> keys(qkv + (own.first + own.start) * layout.stride() + layout.key(own.head), layout.stride());
    keys.template start<BN>(k_tile, 0, own.length - own.start);
    keys.template start<BN>(v_tile, layout.key_to_value(), own.length - own.start);
    Walk walk(qkv, dO, layout, own, rows, causal);
    walk.copy(stages, lse, delta, own.length);
    float dk[MT][D / 8][4];
    float dv[MT][D / 8][4];
    clear(dk);
    clear(dv);
    for (int stage = 0; walk.heads_left > 0; stage ^= 1)
    {
        // This tile is there, and nobody reads the other any more.
        cp_async_wait<0>();
        __syncthreads();
        const bf16* q_tile = stages + stage * Walk::stage;
        const bf16* dO_tile = q_tile + Walk::tile;
        const float* statistics = reinterpret_cast<const float*>(dO_tile + Walk::tile);
        int above = own.start - walk.start;
        walk.move(own.length, rows);
        if (walk.heads_left > 0)
        {
            walk.copy(stages + (stage ^ 1) * Walk::stage, lse, delta, own.length);
        }

        float s[MT][BM / 8][4];
        float dp[MT][BM / 8][4];
        multiply_rows<D>(s, own_k, q_tile);
        multiply_rows<D>(dp, own_v, dO_tile);
        if (causal && above + BN - 1 > 0)
        {
            hide<true>(s, [&](int row) { return above + warp_row<MT>() + row; });
        }

        differentiate_transposed(s, dp, statistics, statistics + BM, scale_log2);
        accumulate_rows<D>(dv, s, dO_tile);
        accumulate_rows<D>(dk, dp, q_tile);
    }

    i64 first_row = own.first + own.start + warp_row<MT>();
    int valid = own.length - own.start - warp_row<MT>();
    if (cos != nullptr)
    {
        rotate_back<D>(dk, cos, sin, positions + first_row, valid);
    }

    bf16* target = dqkv + first_row * layout.stride() + layout.key(own.head);
    store_rows<D>(target, layout.stride(), valid, own_k, dk, [&](int, int) { return scale; });
    store_rows<D>(target + layout.key_to_value(), layout.stride(), valid, own_v, dv, [](int, int) { return 1.0f; });
}
