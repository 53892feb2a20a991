#pragma once
#include "common.cuh"

// Tokens of a row of logits in the order of falling probability, found without sorting. A token's mass is its probability relative to the likeliest token's, in units of 2^-40; integers
// add up to the same sum in any order. Tokens below one unit have none.

constexpr int SAMPLING_THREADS = 1024;
constexpr int SAMPLING_WARPS = SAMPLING_THREADS / 32;
constexpr int SAMPLING_LOADS = 4;
constexpr int DIGIT_BITS = 11;
constexpr int DIGITS = 1 << DIGIT_BITS;
constexpr int ID_BITS = 2 * DIGIT_BITS;    // of a token
constexpr int ORDER_BITS = 5 * DIGIT_BITS; // of distance and token

DEVICE int lane_of_warp() { return threadIdx.x % 32; }

// The warp's sums up to each lane.
DEVICE u64 inclusive_scan(u64 x)
{
#pragma unroll
    for (int distance = 1; distance < 32; distance *= 2)
    {
        const u64 other = __shfl_sync(FULL_WARP, x, lane_of_warp() - distance);
        x += lane_of_warp() >= distance ? other : 0;
    }

    return x;
}

// Logits of one row, in single precision; forbidden tokens are negative infinity, what is NaN or infinite is infinity and thereby the highest.
template <typename T, int N>
struct LogitRow
{
    const T* logits;
    const u32* forbidden;
    int vocabulary;

    DEVICE u32 forbidden_from(int id) const { return forbidden == nullptr ? 0 : forbidden[id / 32] >> id % 32; }

    template <typename F>
    DEVICE void give(const Packed<T, N>& packed, int first, F f) const
    {
        float x[N];
        packed.unpack(x);
        const u32 bits = forbidden_from(first);
#pragma unroll
        for (int j = 0; j < N; j++)
        {
            // Minus zero becomes zero, so that both are equal in every sense.
            f(first + j, bits >> j & 1 ? -infinity() : isfinite(x[j]) ? x[j] + 0.0f : infinity());
        }
    }

    // Calls f(id, logit) for all tokens, shared out over the block: neighbouring threads have neighbouring tokens.
    template <typename F>
    DEVICE void for_each(F f) const
    {
        for (int first = threadIdx.x * N; first < vocabulary; first += SAMPLING_LOADS * SAMPLING_THREADS * N)
        {
            Packed<T, N> packed[SAMPLING_LOADS];
#pragma unroll
            for (int k = 0; k < SAMPLING_LOADS; k++)
            {
                if (first + k * SAMPLING_THREADS * N < vocabulary)
                {
                    packed[k] = Packed<T, N>::from(logits + first + k * SAMPLING_THREADS * N);
                }
            }

#pragma unroll
            for (int k = 0; k < SAMPLING_LOADS; k++)
            {
                if (first + k * SAMPLING_THREADS * N < vocabulary)
                {
                    give(packed[k], first + k * SAMPLING_THREADS * N, f);
                }
            }
        }
    }

    // Calls f(id, logit) for some tokens, all by the calling thread. first and last are multiples of N.
    template <typename F>
    DEVICE void for_range(int first, int last, F f) const
    {
        for (int id = first; id < last; id += N)
        {
            give(Packed<T, N>::from(logits + id), id, f);
        }
    }
};

// Masses and places of tokens, from the distance to the highest logit in powers of two.
struct Masses
{
    float highest;
    float scale; // above zero, so that infinite distances stay infinite

    DEVICE float distance(float x) const { return (highest - x) * scale; }

    DEVICE u64 of(float x) const { return (u64)(exp2_approx(-distance(x)) * 1099511627776.0f); }

    // For tokens that have mass: the distance, below 64, in units of 2^-27, and the token behind it, so that equal ones come in their order.
    DEVICE u64 order(float x, int id) const { return (u64)(distance(x) * 134217728.0f) << ID_BITS | (u32)id; }
};

// What a row's draw asks for.
struct Choice
{
    float scale; // of distances; 0 for the likeliest token
    u32 top_k;   // 0 for all
    u64 top_p;   // a share in units of 2^-64; 0 for all
    u64 uniform; // likewise

    // Conversions are exact for numbers of [2^-11, 1).
    static DEVICE Choice of(const double* draw)
    {
        constexpr double units = 18446744073709551616.0;
        const float scale = fmaxf(fminf(1.4426950409f / (float)draw[1], 1e30f), 1e-30f);
        return Choice{draw[1] == 0.0 ? 0.0f : scale, (u32)draw[2], draw[3] < 1.0 ? max((u64)(draw[3] * units), (u64)1) : 0, (u64)(draw[0] * units)};
    }
};

// Where a search ended: all tokens with mass whose order begins with prefix, which is one.
struct Found
{
    u64 prefix;
    int shift;
    u64 mass_through; // of the tokens up to it, itself included
};

// Shared memory of the block: a histogram by a digit of the order, masses as two words because there are fast additions of words only.
struct Search
{
    u32 counts[DIGITS];
    u32 low[DIGITS];
    u32 high[DIGITS];
    u64 slots[SAMPLING_WARPS];
    u64 count_slots[SAMPLING_WARPS];
    Choice choice;
    u64 count_before;
    u64 mass_before;
    u64 mass_of_digit;
    u32 count_of_digit;
    int digit;

    // The first token in the order up to whose end more than target tokens are counted, or more than target mass. There is one, as the caller knows. Digit by digit, from the
    // highest: a histogram of the tokens that begin like the digits found so far says which digit is next, until only one token is left; after the last digit there is no
    // more, so that a search always ends.
    template <bool Counts, typename Row>
    DEVICE Found find(const Row& row, const Masses& masses, u64 target)
    {
        Found found{0, ORDER_BITS, 0};
        u64 count_passed = 0;
        u64 mass_passed = 0;
        do
        {
            found.shift -= DIGIT_BITS;
            fill(row, masses, found);
            locate(Counts ? target - count_passed : target - mass_passed, Counts);
            found.prefix = found.prefix << DIGIT_BITS | (u32)digit;
            count_passed += count_before;
            mass_passed += mass_before;
            found.mass_through = mass_passed + mass_of_digit;
        } while (count_of_digit > 1 && found.shift > 0);

        return found;
    }

    template <typename Row>
    DEVICE void fill(const Row& row, const Masses& masses, const Found& found)
    {
        // The last search may still be reading.
        __syncthreads();
        for (int i = threadIdx.x; i < DIGITS; i += SAMPLING_THREADS)
        {
            counts[i] = low[i] = high[i] = 0;
        }

        __syncthreads();
        row.for_each([&](int id, float x) {
            const u64 mass = masses.of(x);
            if (mass > 0)
            {
                const u64 order = masses.order(x, id) >> found.shift;
                if (order >> DIGIT_BITS == found.prefix)
                {
                    add((int)(order % DIGITS), mass);
                }
            }
        });
        __syncthreads();
    }

    DEVICE void add(int i, u64 mass)
    {
        atomicAdd(&counts[i], 1u);
        const u32 before = atomicAdd(&low[i], (u32)mass);
        const u32 carried = (u32)(mass >> 32) + (before + (u32)mass < before ? 1u : 0u);
        if (carried > 0)
        {
            atomicAdd(&high[i], carried);
        }
    }

    DEVICE u64 mass(int i) const { return (u64)high[i] << 32 | low[i]; }

    // Finds the digit at which the sums pass target, by counts or by masses, and what is before it. A thread has two digits.
    DEVICE void locate(u64 target, bool by_count)
    {
        const int first = 2 * threadIdx.x;
        const u64 pair_count = counts[first] + counts[first + 1];
        const u64 pair_mass = mass(first) + mass(first + 1);
        u64 counted = inclusive_scan(pair_count);
        u64 weighed = inclusive_scan(pair_mass);
        if (lane_of_warp() == 31)
        {
            count_slots[threadIdx.x / 32] = counted;
            slots[threadIdx.x / 32] = weighed;
        }

        __syncthreads();
        for (int warp = 0; warp < (int)threadIdx.x / 32; warp++)
        {
            counted += count_slots[warp];
            weighed += slots[warp];
        }

        counted -= pair_count;
        weighed -= pair_mass;
        const u64 before = by_count ? counted : weighed;
        if (before <= target && target < before + (by_count ? pair_count : pair_mass))
        {
            const bool second = target >= before + (by_count ? counts[first] : mass(first));
            digit = first + second;
            count_of_digit = counts[digit];
            mass_of_digit = mass(digit);
            count_before = counted + (second ? counts[first] : 0);
            mass_before = weighed + (second ? mass(first) : 0);
        }

        __syncthreads();
    }
};
