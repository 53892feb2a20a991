#include "attention_softmax.cuh"
#include "attention_store.cuh"

// Attention of many new rows a sequence over its cached rows [sequences][kv heads][capacity][D], the new ones included: attention.cu's walk over tiles of keys on tensor cores, with
// keys and values from the cache and queries that come behind the `past` rows of their sequence. Twin: engine/Ops/Cpu/AttentionQueries.cs.

template <int D, int BM, int BN>
__global__ void __launch_bounds__(ATTENTION_THREADS) cached_attention_tiles(
    bf16* o, const bf16* qkv, const bf16* keys, const bf16* values, const i32* cu_seqlens, const i32* past, int heads, int kv_heads, int capacity, float scale_log2)
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

    // Counted among the sequence's keys: the first query, and the end of what the last one sees.
    int first_query = past[blockIdx.y] + own.start;
    int end = first_query + min(BM, own.length - own.start);
    int start = (end - 1) / BN * BN;
    i64 cached = (((i64)blockIdx.y * kv_heads + own.head / layout.group()) * capacity + start) * D;
    TileCopy<D> queries(qkv + (own.first + own.start) * layout.stride() + layout.query(own.head), layout.stride());
    TileCopy<D> key_rows(keys + cached, D);
    TileCopy<D> value_rows(values + cached, D);
    queries.template start<BM>(q_tile, 0, own.length - own.start);
    key_rows.template start<BN>(k_tile, 0, end - start);
    cp_async_commit();
    float sums[MT][D / 8][4];
    clear(sums);
    RowSoftmax<MT> softmax;
    for (; start >= 0; start -= BN)
    {
        // The keys are there, and nobody reads the values of the tile before any more.
        cp_async_wait<0>();
        __syncthreads();
        value_rows.template start<BN>(v_tile, 0, end - start);
        value_rows.move(-BN);
        cp_async_commit();
        float s[MT][BN / 8][4];
        multiply_rows<D>(s, own_tile, k_tile);
        if (start + BN - 1 > first_query)
        {
            hide<false>(s, [&](int row) { return first_query - start + (warp_row<MT>() + row); });
        }

        // The values are there, and nobody reads the keys any more.
        cp_async_wait<0>();
        __syncthreads();
        if (start > 0)
        {
            key_rows.move(-BN);
            key_rows.template start<BN>(k_tile + opaque(0), 0, BN);
            cp_async_commit();
        }

        softmax.update(s, sums, scale_log2);
        accumulate_rows<D>(sums, s, v_tile);
    }

    softmax.finish();
    i64 first_row = own.first + own.start + warp_row<MT>();
    store_rows<D>(
        o + first_row * layout.o_stride() + layout.query(own.head), layout.o_stride(), own.length - own.start - warp_row<MT>(), own_tile, sums,
        [&](int i, int r) { return reciprocal_approx(softmax.total[i][r]); });
}
