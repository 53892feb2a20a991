#pragma once
#include "common.cuh"

// Where the heads' rows lie in memory, and which of them a block of an attention kernel has.

// Packed rows are [q heads | k heads | v heads], as wide as all of them; those of O have the query heads only.
struct HeadLayout
{
    int heads;
    int kv_heads;
    int head_size;

    DEVICE i64 stride() const { return (i64)(heads + 2 * kv_heads) * head_size; }
    DEVICE i64 o_stride() const { return (i64)heads * head_size; }
    DEVICE int group() const { return heads / kv_heads; }
    DEVICE i64 query(int head) const { return (i64)head * head_size; }
    DEVICE i64 key(int kv_head) const { return (i64)(heads + kv_head) * head_size; }
    DEVICE int key_to_value() const { return kv_heads * head_size; }
};

struct HeadRows
{
    i64 first;  // row of the batch with which the sequence begins
    int length; // of the sequence
    int start;  // of the block's tile in its sequence
    int head;
    bool exists;
};

// Block (x, y) takes a tile of sequence y. Heads lie side by side in x, so that those that share keys meet in the L2 cache. With last_first come the tiles first that see the
// most keys when causal: light ones then fill the gaps at the end.
template <int Rows>
DEVICE HeadRows find_rows(const int* cu_seqlens, int heads, bool last_first)
{
    u32 tiles = gridDim.x / (u32)heads;
    u32 tile = blockIdx.x / (u32)heads;
    i64 start = (i64)(last_first ? tiles - 1 - tile : tile) * Rows;
    int first = cu_seqlens[blockIdx.y];
    int length = cu_seqlens[blockIdx.y + 1] - first;
    return HeadRows{first, length, (int)start, (int)(blockIdx.x % (u32)heads), start < length};
}
