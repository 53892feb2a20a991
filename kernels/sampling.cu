#include "sampling_search.cuh"

// The choice of a token from a row of logits: see engine/Ops/Sampling.cs for what is chosen, engine/Ops/Cpu/Sampling.cs for the twin. A block takes a row and reads it several times: after
// the first time it comes from the L2 cache.

// Sums of the block, in every thread. slots: SAMPLING_WARPS of shared memory, free between two barriers.
DEVICE u64 sampling_sum(u64 x, u64* slots)
{
    x = inclusive_scan(x);
    if (lane_of_warp() == 31)
    {
        slots[threadIdx.x / 32] = x;
    }

    __syncthreads();
    u64 sum = 0;
    for (int warp = 0; warp < SAMPLING_WARPS; warp++)
    {
        sum += slots[warp];
    }

    return sum;
}

// The largest logit, and of equal ones the lowest id, as one number whose order is that of the choice.
template <typename T, int N>
DEVICE u64 likeliest(const LogitRow<T, N>& row, u64* slots)
{
    u64 best = 0;
    row.for_each([&](int id, float x) {
        const u32 bits = __float_as_uint(x);
        const u32 rising = bits >> 31 ? ~bits : bits | 0x80000000u;
        best = max(best, (u64)rising << 32 | (u32)~id);
    });
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2)
    {
        best = max(best, __shfl_xor_sync(FULL_WARP, best, distance));
    }

    if (lane_of_warp() == 0)
    {
        slots[threadIdx.x / 32] = best;
    }

    __syncthreads();
    for (int warp = 0; warp < SAMPLING_WARPS; warp++)
    {
        best = max(best, slots[warp]);
    }

    __syncthreads();
    return best;
}

// The token at which the sums of masses by rising id pass target. A thread adds up neighbouring tokens; the one in whose part it happens looks for it.
template <typename T, int N>
DEVICE int find_by_id(const LogitRow<T, N>& row, const Masses& masses, u64 fraction, u64* slots)
{
    const int share = (row.vocabulary + SAMPLING_THREADS * N - 1) / (SAMPLING_THREADS * N) * N;
    const int first = min((int)threadIdx.x * share, row.vocabulary);
    const int last = min(first + share, row.vocabulary);
    u64 mine = 0;
    row.for_range(first, last, [&](int, float x) { mine += masses.of(x); });
    const u64 through = inclusive_scan(mine);
    if (lane_of_warp() == 31)
    {
        slots[threadIdx.x / 32] = through;
    }

    __syncthreads();
    u64 total = 0;
    u64 before = through - mine;
    for (int warp = 0; warp < SAMPLING_WARPS; warp++)
    {
        before += warp < (int)threadIdx.x / 32 ? slots[warp] : 0;
        total += slots[warp];
    }

    const u64 target = __umul64hi(fraction, total);
    int found = -1;
    if (before <= target && target < before + mine)
    {
        row.for_range(first, last, [&](int id, float x) {
            before += masses.of(x);
            found = found < 0 && target < before ? id : found;
        });
    }

    return found;
}

// draws: per row a number in [0, 1), temperature, top-k, top-p. forbidden: a bit a token, or none. Shared memory: a Search.
template <typename T, int N>
__global__ void __launch_bounds__(SAMPLING_THREADS) sampling_forward(i32* ids, const T* logits, const double* draws, const u32* forbidden, int vocabulary)
{
    Search& search = *reinterpret_cast<Search*>(shared_memory());
    if (threadIdx.x == 0)
    {
        // By one thread, because double precision is slow on many GPUs; the barrier that makes it visible is in likeliest.
        search.choice = Choice::of(draws + (i64)blockIdx.x * 4);
    }

    const LogitRow<T, N> row{logits + (i64)blockIdx.x * vocabulary, forbidden, vocabulary};
    const u64 best = likeliest(row, search.slots);
    const u32 rising = (u32)(best >> 32);
    const float highest = __uint_as_float(rising >> 31 ? rising & 0x7fffffffu : ~rising);
    const Choice choice = search.choice;
    if (choice.scale == 0.0f || !isfinite(highest))
    {
        if (threadIdx.x == 0)
        {
            ids[blockIdx.x] = isfinite(highest) ? (i32)~(u32)best : -1;
        }

        return;
    }

    const Masses masses{highest, choice.scale};
    if (choice.top_k == 0 && choice.top_p == 0)
    {
        const int id = find_by_id(row, masses, choice.uniform, search.slots);
        if (id >= 0)
        {
            ids[blockIdx.x] = id;
        }

        return;
    }

    u64 kept = 0;
    u64 tokens = 0;
    row.for_each([&](int, float x) {
        const u64 mass = masses.of(x);
        kept += mass;
        tokens += mass > 0 ? 1 : 0;
    });
    kept = sampling_sum(kept, search.slots);
    tokens = sampling_sum(tokens, search.count_slots);
    if (choice.top_k > 0 && choice.top_k < tokens)
    {
        kept = search.find<true>(row, masses, choice.top_k - 1).mass_through;
    }

    if (choice.top_p > 0)
    {
        // The fewest units that are the share or more.
        const u64 wanted = __umul64hi(choice.top_p, kept) + (choice.top_p * kept != 0 ? 1 : 0);
        kept = search.find<false>(row, masses, wanted - 1).mass_through;
    }

    const Found found = search.find<false>(row, masses, __umul64hi(choice.uniform, kept));
    row.for_each([&](int id, float x) {
        if (masses.of(x) > 0 && masses.order(x, id) >> found.shift == found.prefix)
        {
            ids[blockIdx.x] = id;
        }
    });
}
