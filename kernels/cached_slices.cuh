#pragma once
#include "common.cuh"

// How attention of one row reads: Lanes threads share a head, each with Vectors times N of its elements.

constexpr int DECODE_THREADS = 128;
constexpr int DECODE_WARPS = DECODE_THREADS / 32;
constexpr int DECODE_KEYS = 4; // keys of a thread's step

// Calls action(w, j) for element j of each load w of a thread.
template <int Vectors, int N, typename Action>
DEVICE void each(Action action)
{
#pragma unroll
    for (int w = 0; w < Vectors; w++)
    {
#pragma unroll
        for (int j = 0; j < N; j++)
        {
            action(w, j);
        }
    }
}

// A thread's elements of a head of the new row, and those of the head's other half, with which they are turned. As they lie in memory, so that all loads can be under way before one is used.
template <typename T, int N, int Lanes, int Vectors>
struct HeadSlice
{
    Packed<T, N> own[Vectors];
    Packed<T, N> other[Vectors];

    static DEVICE int element(int w) { return (w * Lanes + (int)threadIdx.x % Lanes) * N; }

    DEVICE void load(const T* head, int head_size, bool turned)
    {
#pragma unroll
        for (int w = 0; w < Vectors; w++)
        {
            own[w] = other[w] = {};
            const int e = element(w);
            if (e < head_size)
            {
                own[w] = Packed<T, N>::from(head + e);
                if (turned)
                {
                    other[w] = Packed<T, N>::from(head + (e < head_size / 2 ? e + head_size / 2 : e - head_size / 2));
                }
            }
        }
    }

    DEVICE void unpack(float (&x)[Vectors][N]) const
    {
#pragma unroll
        for (int w = 0; w < Vectors; w++)
        {
            own[w].unpack(x[w]);
        }
    }
};

// What a thread's elements are turned by. The lower half's sines have the other sign.
template <int N, int Lanes, int Vectors>
struct Angles
{
    float cosines[Vectors][N];
    float sines[Vectors][N];

    // half: D / 2, a multiple of N, so that a load is in one half. Elements beyond the head get zeros: anything else might be no number, and enter the scores.
    DEVICE void load(const float* all_cosines, const float* all_sines, int half)
    {
#pragma unroll
        for (int w = 0; w < Vectors; w++)
        {
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                cosines[w][j] = sines[w][j] = 0.0f;
            }

            const int e = HeadSlice<float, N, Lanes, Vectors>::element(w);
            const int pair = e < half ? e : e - half;
            if (pair < half)
            {
                ::load(all_cosines + pair, cosines[w]);
                ::load(all_sines + pair, sines[w]);
#pragma unroll
                for (int j = 0; j < N; j++)
                {
                    sines[w][j] = e < half ? -sines[w][j] : sines[w][j];
                }
            }
        }
    }

    // Rounded as if the turned head had been stored.
    template <typename T>
    DEVICE void turn(float (&x)[Vectors][N], const HeadSlice<T, N, Lanes, Vectors>& head) const
    {
#pragma unroll
        for (int w = 0; w < Vectors; w++)
        {
            float other[N];
            head.other[w].unpack(other);
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                x[w][j] = rounded<T>(x[w][j] * cosines[w][j] + other[j] * sines[w][j]);
            }
        }
    }
};

// What a block needs of the new row: the query heads it takes, and in the block that has the new key, the head of keys and values. All loads are under way before the first is used.
template <typename T, int N, int Lanes, int Vectors, int Heads>
struct NewRow
{
    using Slice = HeadSlice<T, N, Lanes, Vectors>;
    Slice query[Heads];
    Slice key{};
    Slice value{};
    Angles<N, Lanes, Vectors> angles;
    bool turned;

    // first: the block's first query head. key_head: the head of keys, or null where the new key is another block's; that of values comes value_distance elements behind.
    DEVICE void load(const T* first, int head_count, const T* key_head, i64 value_distance, int head_size)
    {
#pragma unroll
        for (int h = 0; h < Heads; h++)
        {
            query[h].load(first + min(h, head_count - 1) * head_size, head_size, turned);
        }

        if (key_head != nullptr)
        {
            key.load(key_head, head_size, turned);
            value.load(key_head + value_distance, head_size, false);
        }
    }

    // A head's elements, turned if the row is to be.
    DEVICE void unpack(float (&x)[Vectors][N], const Slice& head) const
    {
        head.unpack(x);
        if (turned)
        {
            angles.turn(x, head);
        }
    }
};

// The queries of a block's heads, and their products with keys.
template <int Heads, int Lanes, int Vectors, int N>
struct Queries
{
    float q[Heads][Vectors][N];

    // The score of a key, of which the Lanes threads have a part each. All threads of the warp take part.
    DEVICE float score(int h, const float (&x)[Vectors][N]) const
    {
        float product = 0.0f;
        each<Vectors, N>([&](int w, int j) { product += q[h][w][j] * x[w][j]; });
#pragma unroll
        for (int distance = Lanes / 2; distance > 0; distance /= 2)
        {
            product += __shfl_xor_sync(FULL_WARP, product, distance);
        }

        return product;
    }
};

// The cached rows [keys][D] of a head, up to the key `last`, in steps of DECODE_KEYS keys a thread. Loads of 16 bytes go through shared memory, where there is room for two steps of keys and
// values: in registers the compiler would let few be under way at a time. Every thread copies what it will read itself, so that it has to wait for nobody.
template <typename T, int N, int Lanes, int Vectors>
struct CachedSteps
{
    static constexpr int groups = DECODE_THREADS / Lanes;
    static constexpr int step = groups * DECODE_KEYS;

    const T* keys;
    const T* values;
    char* on_the_way; // this thread's first 16 bytes
    int last;
    int head_size;

    // Groups of lanes have keys next to each other.
    static DEVICE int key(int at, int u) { return at + u * groups + (int)threadIdx.x / Lanes; }

    static DEVICE int element(int w) { return HeadSlice<T, N, Lanes, Vectors>::element(w); }

    DEVICE bool exists(int at, int u, int w) const { return key(at, u) < last && element(w) < head_size; }

    DEVICE const T* address(const T* cached, int at, int u, int w) const { return cached + (i64)key(at, u) * head_size + element(w); }

    DEVICE char* slot(int stage, int u, int w) const { return on_the_way + ((stage * DECODE_KEYS + u) * Vectors + w) * DECODE_THREADS * 16; }

    // Begins to copy the step's keys to a stage and its values to the one behind, 0 or 2.
    DEVICE void start(int at, int stage) const
    {
        if constexpr (N > 1)
        {
#pragma unroll
            for (int kind = 0; kind < 2; kind++)
            {
#pragma unroll
                for (int u = 0; u < DECODE_KEYS; u++)
                {
#pragma unroll
                    for (int w = 0; w < Vectors; w++)
                    {
                        cp_async16(slot(stage + kind, u, w), address(kind == 0 ? keys : values, at, u, w), exists(at, u, w));
                    }
                }
            }
        }
    }

    DEVICE void read(float (&x)[Vectors][N], const T* cached, int at, int stage, int u) const
    {
#pragma unroll
        for (int w = 0; w < Vectors; w++)
        {
            if constexpr (N > 1)
            {
                Vector<T>::unpack(load_shared_16(slot(stage, u, w)), x[w]);
            }
            else
            {
                x[w][0] = exists(at, u, w) ? to_float(*address(cached, at, u, w)) : 0.0f;
            }
        }
    }
};
