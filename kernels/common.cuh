#pragma once
#include "primitives.cuh"

// Vectors of elements as floats, and sums over warps and blocks: what nearly every kernel needs.

// ---- N elements of storage type T as floats -----------------------------------------------------------------------------------------------------
// N is 1, or as many as fill 16 bytes (8 bf16, 4 float) at an address that is a multiple of 16.

template <typename T>
struct Vector;

template <>
struct Vector<float>
{
    static constexpr int width = 4;
    static DEVICE void unpack(u32x4 v, float* x)
    {
        x[0] = __uint_as_float(v.x);
        x[1] = __uint_as_float(v.y);
        x[2] = __uint_as_float(v.z);
        x[3] = __uint_as_float(v.w);
    }
    static DEVICE u32x4 pack(const float* x)
    {
        return u32x4{__float_as_uint(x[0]), __float_as_uint(x[1]), __float_as_uint(x[2]), __float_as_uint(x[3])};
    }
    static DEVICE float round(float x) { return x; }
    static DEVICE float store(float x) { return x; }
};

template <>
struct Vector<bf16>
{
    static constexpr int width = 8;
    static DEVICE void unpack(u32x4 v, float* x)
    {
        x[0] = low_bf16(v.x);
        x[1] = high_bf16(v.x);
        x[2] = low_bf16(v.y);
        x[3] = high_bf16(v.y);
        x[4] = low_bf16(v.z);
        x[5] = high_bf16(v.z);
        x[6] = low_bf16(v.w);
        x[7] = high_bf16(v.w);
    }
    static DEVICE u32x4 pack(const float* x)
    {
        return u32x4{pack_bf16x2(x[0], x[1]), pack_bf16x2(x[2], x[3]), pack_bf16x2(x[4], x[5]), pack_bf16x2(x[6], x[7])};
    }
    static DEVICE float round(float x) { return to_float(to_bf16(x)); }
    static DEVICE bf16 store(float x) { return to_bf16(x); }
};

// Rounds as a store to T would.
template <typename T>
DEVICE float rounded(float x) { return Vector<T>::round(x); }

// N elements as they lie in memory: what waits, for its bytes or behind a barrier, does so in a quarter or half of the registers that floats would take. N is 1, or whole words;
// 4 bf16, half a word, are for where they meet 4 floats.
template <typename T, int N>
struct Packed
{
    static constexpr int width = Vector<T>::width;
    static_assert(N % width == 0, "one element or multiples of 16 bytes");
    u32x4 words[N / width];

    static DEVICE Packed from(const T* address)
    {
        Packed p;
#pragma unroll
        for (int i = 0; i < N / width; i++)
        {
            p.words[i] = load_16(address + i * width);
        }

        return p;
    }

    // For data that is read once: activations that backward reads for the last time, optimizer state.
    static DEVICE Packed from_stream(const T* address)
    {
        Packed p;
#pragma unroll
        for (int i = 0; i < N / width; i++)
        {
            p.words[i] = load_16_stream(address + i * width);
        }

        return p;
    }

    static DEVICE Packed of(const float (&x)[N])
    {
        Packed p;
#pragma unroll
        for (int i = 0; i < N / width; i++)
        {
            p.words[i] = Vector<T>::pack(x + i * width);
        }

        return p;
    }

    DEVICE void unpack(float (&x)[N]) const
    {
#pragma unroll
        for (int i = 0; i < N / width; i++)
        {
            Vector<T>::unpack(words[i], x + i * width);
        }
    }

    DEVICE void store(T* address) const
    {
#pragma unroll
        for (int i = 0; i < N / width; i++)
        {
            store_16(address + i * width, words[i]);
        }
    }

    DEVICE void store_stream(T* address) const
    {
#pragma unroll
        for (int i = 0; i < N / width; i++)
        {
            store_16_stream(address + i * width, words[i]);
        }
    }
};

template <typename T>
struct Packed<T, 1>
{
    T bits;
    static DEVICE Packed from(const T* address) { return Packed{*address}; }
    static DEVICE Packed from_stream(const T* address) { return Packed{*address}; }
    static DEVICE Packed of(const float (&x)[1]) { return Packed{Vector<T>::store(x[0])}; }
    DEVICE void unpack(float (&x)[1]) const { x[0] = to_float(bits); }
    DEVICE void store(T* address) const { *address = bits; }
    DEVICE void store_stream(T* address) const { *address = bits; }
};

template <>
struct Packed<bf16, 4>
{
    u64 bits;
    static DEVICE Packed from(const bf16* address) { return Packed{*reinterpret_cast<const u64*>(address)}; }
    static DEVICE Packed of(const float (&x)[4]) { return Packed{pack_bf16x2(x[0], x[1]) | (u64)pack_bf16x2(x[2], x[3]) << 32}; }

    DEVICE void unpack(float (&x)[4]) const
    {
        x[0] = low_bf16((u32)bits);
        x[1] = high_bf16((u32)bits);
        x[2] = low_bf16((u32)(bits >> 32));
        x[3] = high_bf16((u32)(bits >> 32));
    }

    DEVICE void store(bf16* address) const { *reinterpret_cast<u64*>(address) = bits; }
};

template <int N, typename T>
DEVICE void load(const T* address, float (&x)[N]) { Packed<T, N>::from(address).unpack(x); }

template <int N, typename T>
DEVICE void load_stream(const T* address, float (&x)[N]) { Packed<T, N>::from_stream(address).unpack(x); }

template <int N, typename T>
DEVICE void store(T* address, const float (&x)[N]) { Packed<T, N>::of(x).store(address); }

template <int N, typename T>
DEVICE void store_stream(T* address, const float (&x)[N]) { Packed<T, N>::of(x).store_stream(address); }

// ---- sums ---------------------------------------------------------------------------------------------------------------------------------------

constexpr u32 FULL_WARP = 0xffffffffu;

// The warp's sum, the same bits in every lane. All 32 lanes take part.
DEVICE float warp_sum(float x)
{
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2)
    {
        x += __shfl_xor_sync(FULL_WARP, x, distance);
    }

    return x;
}

DEVICE float warp_max(float x)
{
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2)
    {
        x = fmaxf(x, __shfl_xor_sync(FULL_WARP, x, distance));
    }

    return x;
}

// The block's sum, the same bits in every thread, in an order that depends on Threads only. All threads take part; slots is shared memory of Threads / 32
// floats that nobody else uses between this call and the next barrier: callers that come back soon alternate between two sets of slots.
template <int Threads>
DEVICE float block_sum(float x, float* slots)
{
    static_assert(Threads % 32 == 0, "whole warps");
    x = warp_sum(x);
    if constexpr (Threads > 32)
    {
        if (threadIdx.x % 32 == 0)
        {
            slots[threadIdx.x / 32] = x;
        }

        __syncthreads();
        x = slots[0];
#pragma unroll
        for (int warp = 1; warp < Threads / 32; warp++)
        {
            x += slots[warp];
        }
    }

    return x;
}

// The block's sums of Count values at once, the same bits in every thread, for blocks of any number of whole warps, in an order that depends on that number only. slots is shared
// memory of Count floats a warp; the rest is as for block_sum.
template <int Count>
DEVICE void block_sums(float (&x)[Count], float* slots)
{
    const int warps = blockDim.x / 32;
#pragma unroll
    for (int k = 0; k < Count; k++)
    {
        x[k] = warp_sum(x[k]);
    }

    if (warps > 1)
    {
        if (threadIdx.x % 32 == 0)
        {
#pragma unroll
            for (int k = 0; k < Count; k++)
            {
                slots[threadIdx.x / 32 * Count + k] = x[k];
            }
        }

        __syncthreads();
#pragma unroll
        for (int k = 0; k < Count; k++)
        {
            x[k] = slots[k];
        }

        for (int warp = 1; warp < warps; warp++)
        {
#pragma unroll
            for (int k = 0; k < Count; k++)
            {
                x[k] += slots[warp * Count + k];
            }
        }
    }
}

DEVICE float block_sum(float x, float* slots)
{
    float sums[1] = {x};
    block_sums(sums, slots);
    return sums[0];
}

template <int Threads>
DEVICE float block_max(float x, float* slots)
{
    static_assert(Threads % 32 == 0, "whole warps");
    x = warp_max(x);
    if constexpr (Threads > 32)
    {
        if (threadIdx.x % 32 == 0)
        {
            slots[threadIdx.x / 32] = x;
        }

        __syncthreads();
        x = slots[0];
#pragma unroll
        for (int warp = 1; warp < Threads / 32; warp++)
        {
            x = fmaxf(x, slots[warp]);
        }
    }

    return x;
}
