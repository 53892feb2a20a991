#include "attention_softmax.cuh"
#include "attention_store.cuh"

// Softmax attention over packed sequences on tensor cores: O = softmax(scale Q Kᵀ) V and lse = log Σ exp of each row, in the way of FlashAttention-2 (Dao 2023). A block holds BM
// queries of one head and walks over its keys in tiles of BN, with the running maximum and sum of each row. qkv is [rows, (heads + 2 kv_heads) D], o [rows, heads D], lse
// [heads, rows]. Sums are fp32; weights are rounded to bf16 for the second product, as its tensor cores want them. Twin: engine/Ops/Cpu/AttentionQueries.cs.

template <int D, int BM, int BN>
__global__ void __launch_bounds__(ATTENTION_THREADS) attention_forward(
    bf16* o, float* lse, const bf16* qkv, const int* cu_seqlens, i64 rows, int heads, int kv_heads, int causal, float scale, float scale_log2)
{
    constexpr int MT = BM / (ATTENTION_WARPS * 16);
    HeadRows own = find_rows<BM>(cu_seqlens, heads, true);
    if (!own.exists)
    {
        return;
    }

    HeadLayout layout{heads, kv_heads, D};
    bf16* q_tile = reinterpret_cast<bf16*>(shared_memory());
    bf16* k_tile = q_tile + BM * TILE_PITCH<D>;
    bf16* v_tile = k_tile + BN * TILE_PITCH<D>;
    bf16* own_tile = q_tile + warp_row<MT>() * TILE_PITCH<D>;

    // The tiles that hide keys from some of the queries are the last ones, and come first.
    int end = causal ? own.start + min(BM, own.length - own.start) : own.length;
    int start = (end - 1) / BN * BN;
    TileCopy<D> queries(qkv + (own.first + own.start) * layout.stride() + layout.query(own.head), layout.stride());
    TileCopy<D> keys(qkv + (own.first + start) * layout.stride() + layout.key(own.head / layout.group()), layout.stride());
    queries.template start<BM>(q_tile, 0, own.length - own.start);
    keys.template start<BN>(k_tile, 0, own.length - start);
    cp_async_commit();
    float sums[MT][D / 8][4];
    clear(sums);
    RowSoftmax<MT> softmax;
    for (; start >= 0; start -= BN)
    {
        // The keys are there, and nobody reads the values of the tile before any more.
        cp_async_wait<0>();
        __syncthreads();
        keys.template start<BN>(v_tile, layout.key_to_value(), own.length - start);
        cp_async_commit();
        float s[MT][BN / 8][4];
        multiply_rows<D>(s, own_tile, k_tile);
        if (causal ? start + BN - 1 > own.start : own.length - start < BN)
        {
            hide<false>(s, [&](int row) { return causal ? own.start - start + (warp_row<MT>() + row) : own.length - start - 1; });
        }

        // The values are there, and nobody reads the keys any more.
        cp_async_wait<0>();
        __syncthreads();
        if (start > 0)
        {
            // Opaque, or the compiler keeps the eight addresses of the first copy of keys in registers that it does not have.
            keys.move(-BN);
            keys.template start<BN>(k_tile + opaque(0), 0, BN);
            cp_async_commit();
        }

        softmax.update(s, sums, scale_log2);
        accumulate_rows<D>(sums, s, v_tile);
    }

    softmax.finish();
    int valid = own.length - own.start - warp_row<MT>();
    i64 first_row = own.first + own.start + warp_row<MT>();
    softmax.store(lse + own.head * rows + first_row, valid, scale);
    store_rows<D>(
        o + first_row * layout.o_stride() + layout.query(own.head), layout.o_stride(), valid, own_tile, sums, [&](int i, int r) { return reciprocal_approx(softmax.total[i][r]); });
}
