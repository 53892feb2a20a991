#pragma once
// What every kernel module is compiled with: the part of CUDA C++ that the kernels use, as plain C++ on the emulator's services.
// No standard header: a module has to compile in a fraction of a second.
#include "kernel_abi.h"

typedef __SIZE_TYPE__ size_t;

namespace emulator
{
    static const Services* services;
}

extern "C" __attribute__((visibility("default"))) void emulator_bind(const emulator::Services* services) { emulator::services = services; }

#define __CUDACC__ 1
#define __CUDACC_RTC__ 1
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) alignas(n)

#define threadIdx (emulator::thread().index)
#define blockIdx (emulator::thread().block->index)
#define blockDim (emulator::thread().block->size)
#define gridDim (emulator::thread().block->grid)
constexpr int warpSize = 32;

// ---- the C library and the mathematical functions --------------------------------------------------------------------------------------------------

extern "C"
{
    void* memcpy(void*, const void*, size_t) noexcept;
    void* memset(void*, int, size_t) noexcept;
    float expf(float) noexcept;
    float exp2f(float) noexcept;
    float expm1f(float) noexcept;
    float logf(float) noexcept;
    float log2f(float) noexcept;
    float log10f(float) noexcept;
    float log1pf(float) noexcept;
    float sqrtf(float) noexcept;
    float cbrtf(float) noexcept;
    float erff(float) noexcept;
    float erfcf(float) noexcept;
    float tanhf(float) noexcept;
    float sinf(float) noexcept;
    float cosf(float) noexcept;
    float floorf(float) noexcept;
    float ceilf(float) noexcept;
    float truncf(float) noexcept;
    float rintf(float) noexcept;
    float roundf(float) noexcept;
    float fabsf(float) noexcept;
    float powf(float, float) noexcept;
    float fmodf(float, float) noexcept;
    float copysignf(float, float) noexcept;
    float ldexpf(float, int) noexcept;
    float fmaf(float, float, float) noexcept;
    double exp(double) noexcept;
    double log(double) noexcept;
    double sqrt(double) noexcept;
    double sin(double) noexcept;
    double cos(double) noexcept;
    double floor(double) noexcept;
    double rint(double) noexcept;
    double fabs(double) noexcept;
    double pow(double, double) noexcept;
    double fma(double, double, double) noexcept;
}

#define CUDA_FUNCTION inline __attribute__((always_inline))

CUDA_FUNCTION float fmaxf(float a, float b) { return a != a || b > a ? b : a; }
CUDA_FUNCTION float fminf(float a, float b) { return a != a || b < a ? b : a; }
CUDA_FUNCTION float rsqrtf(float x) { return 1.0f / sqrtf(x); }
CUDA_FUNCTION bool isfinite(float x) { return __builtin_isfinite(x); }
CUDA_FUNCTION bool isnan(float x) { return x != x; }
CUDA_FUNCTION bool isinf(float x) { return __builtin_isinf(x); }

// Each rounded by itself: never contracted to a multiply-add.
CUDA_FUNCTION float __fadd_rn(float a, float b) { return a + b; }
CUDA_FUNCTION float __fsub_rn(float a, float b) { return a - b; }
CUDA_FUNCTION float __fmul_rn(float a, float b) { return a * b; }
CUDA_FUNCTION float __fdiv_rn(float a, float b) { return a / b; }
CUDA_FUNCTION float __fsqrt_rn(float x) { return sqrtf(x); }
CUDA_FUNCTION float __frcp_rn(float x) { return 1.0f / x; }
CUDA_FUNCTION float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }

template <typename To, typename From>
CUDA_FUNCTION To emulator_bits(From from)
{
    static_assert(sizeof(To) == sizeof(From));
    To to;
    __builtin_memcpy(&to, &from, sizeof(to));
    return to;
}

CUDA_FUNCTION unsigned __float_as_uint(float x) { return emulator_bits<unsigned>(x); }
CUDA_FUNCTION int __float_as_int(float x) { return emulator_bits<int>(x); }
CUDA_FUNCTION float __uint_as_float(unsigned x) { return emulator_bits<float>(x); }
CUDA_FUNCTION float __int_as_float(int x) { return emulator_bits<float>(x); }

// Conversions saturate and turn NaN into zero, as the GPU's do.
CUDA_FUNCTION int __float2int_rn(float x) { return x != x ? 0 : x >= 2147483648.0f ? 2147483647 : x <= -2147483648.0f ? -2147483647 - 1 : (int)rintf(x); }
CUDA_FUNCTION unsigned __float2uint_rn(float x) { return !(x > 0.0f) ? 0 : x >= 4294967296.0f ? 4294967295u : (unsigned)rintf(x); }

CUDA_FUNCTION int __popc(unsigned x) { return __builtin_popcount(x); }
CUDA_FUNCTION int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
CUDA_FUNCTION int __clz(int x) { return x == 0 ? 32 : __builtin_clz((unsigned)x); }
CUDA_FUNCTION int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll((unsigned long long)x); }
CUDA_FUNCTION int __ffs(int x) { return __builtin_ffs(x); }
CUDA_FUNCTION int __ffsll(long long x) { return __builtin_ffsll(x); }
CUDA_FUNCTION unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((unsigned long long)a * b >> 32); }
CUDA_FUNCTION unsigned long long __umul64hi(unsigned long long a, unsigned long long b) { return (unsigned long long)((unsigned __int128)a * b >> 64); }

#define CUDA_EXTREMES(type)                                                        \
    constexpr CUDA_FUNCTION type min(type a, type b) { return b < a ? b : a; } \
    constexpr CUDA_FUNCTION type max(type a, type b) { return a < b ? b : a; }
CUDA_EXTREMES(int)
CUDA_EXTREMES(unsigned)
CUDA_EXTREMES(long)
CUDA_EXTREMES(unsigned long)
CUDA_EXTREMES(long long)
CUDA_EXTREMES(unsigned long long)
#undef CUDA_EXTREMES
constexpr CUDA_FUNCTION unsigned min(int a, unsigned b) { return min((unsigned)a, b); }
constexpr CUDA_FUNCTION unsigned min(unsigned a, int b) { return min(a, (unsigned)b); }
constexpr CUDA_FUNCTION unsigned max(int a, unsigned b) { return max((unsigned)a, b); }
constexpr CUDA_FUNCTION unsigned max(unsigned a, int b) { return max(a, (unsigned)b); }
CUDA_FUNCTION float min(float a, float b) { return fminf(a, b); }
CUDA_FUNCTION float max(float a, float b) { return fmaxf(a, b); }

// ---- barriers, warps, atomics ------------------------------------------------------------------------------------------------------------------------

#define CUDA_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()

CUDA_FUNCTION void __syncthreads(CUDA_SITE) { emulator::services->sync_threads(file, line); }
CUDA_FUNCTION void __syncwarp(unsigned mask = 0xffffffffu, CUDA_SITE) { emulator::services->collective(emulator::Collective::sync_warp, mask, nullptr, file, line); }
CUDA_FUNCTION void __threadfence() {}
CUDA_FUNCTION void __threadfence_block() {}
CUDA_FUNCTION void __trap(CUDA_SITE) { emulator::services->trap(file, line); }

namespace emulator
{
    template <typename T>
    CUDA_FUNCTION T shuffle(unsigned mask, T value, unsigned source, const char* file, int line)
    {
        static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move 4 or 8 bytes");
        Shuffle operand{0, source};
        __builtin_memcpy(&operand.value, &value, sizeof(T));
        services->collective(Collective::shuffle, mask, &operand, file, line);
        __builtin_memcpy(&value, &operand.value, sizeof(T));
        return value;
    }

    CUDA_FUNCTION unsigned vote(Collective kind, unsigned mask, bool predicate, const char* file, int line)
    {
        Vote operand{predicate, 0};
        services->collective(kind, mask, &operand, file, line);
        return operand.result;
    }
}

// The segments of `width` lanes are independent; a source outside of the own segment means the own value.
template <typename T>
CUDA_FUNCTION T __shfl_sync(unsigned mask, T value, int source, int width = 32, CUDA_SITE)
{
    unsigned segment = emulator::thread().lane & ~(unsigned)(width - 1);
    return emulator::shuffle(mask, value, segment | ((unsigned)source & (unsigned)(width - 1)), file, line);
}

template <typename T>
CUDA_FUNCTION T __shfl_xor_sync(unsigned mask, T value, int distance, int width = 32, CUDA_SITE)
{
    unsigned lane = emulator::thread().lane, source = lane ^ (unsigned)distance;
    return emulator::shuffle(mask, value, source > (lane | (unsigned)(width - 1)) ? lane : source, file, line);
}

template <typename T>
CUDA_FUNCTION T __shfl_down_sync(unsigned mask, T value, unsigned distance, int width = 32, CUDA_SITE)
{
    unsigned lane = emulator::thread().lane, source = lane + distance;
    return emulator::shuffle(mask, value, source > (lane | (unsigned)(width - 1)) ? lane : source, file, line);
}

template <typename T>
CUDA_FUNCTION T __shfl_up_sync(unsigned mask, T value, unsigned distance, int width = 32, CUDA_SITE)
{
    unsigned lane = emulator::thread().lane, segment = lane & ~(unsigned)(width - 1);
    return emulator::shuffle(mask, value, lane < segment + distance ? lane : lane - distance, file, line);
}

CUDA_FUNCTION unsigned __ballot_sync(unsigned mask, int predicate, CUDA_SITE) { return emulator::vote(emulator::Collective::ballot, mask, predicate != 0, file, line); }
CUDA_FUNCTION int __any_sync(unsigned mask, int predicate, CUDA_SITE) { return (int)emulator::vote(emulator::Collective::vote_any, mask, predicate != 0, file, line); }
CUDA_FUNCTION int __all_sync(unsigned mask, int predicate, CUDA_SITE) { return (int)emulator::vote(emulator::Collective::vote_all, mask, predicate != 0, file, line); }

// Integers only: sums of floats in the order of arrival would differ from run to run.
#define CUDA_ATOMICS(type)                                                                                            \
    CUDA_FUNCTION type atomicAdd(type* address, type value) { return __atomic_fetch_add(address, value, __ATOMIC_RELAXED); } \
    CUDA_FUNCTION type atomicOr(type* address, type value) { return __atomic_fetch_or(address, value, __ATOMIC_RELAXED); }   \
    CUDA_FUNCTION type atomicExch(type* address, type value) { return __atomic_exchange_n(address, value, __ATOMIC_RELAXED); } \
    CUDA_FUNCTION type atomicCAS(type* address, type expected, type value)                                           \
    {                                                                                                                 \
        __atomic_compare_exchange_n(address, &expected, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);           \
        return expected;                                                                                              \
    }                                                                                                                 \
    CUDA_FUNCTION type atomicMax(type* address, type value)                                                          \
    {                                                                                                                 \
        type old = *address;                                                                                          \
        while (old < value && !__atomic_compare_exchange_n(address, &old, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {} \
        return old;                                                                                                   \
    }                                                                                                                 \
    CUDA_FUNCTION type atomicMin(type* address, type value)                                                          \
    {                                                                                                                 \
        type old = *address;                                                                                          \
        while (value < old && !__atomic_compare_exchange_n(address, &old, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {} \
        return old;                                                                                                   \
    }
CUDA_ATOMICS(int)
CUDA_ATOMICS(unsigned)
CUDA_ATOMICS(unsigned long long)
#undef CUDA_ATOMICS

// ---- what the emulator appends to a module: an entry for every name expression ----------------------------------------------------------------------

namespace emulator
{
    template <unsigned... I>
    struct Places
    {
    };

    template <typename T>
    constexpr bool is_pointer = false;
    template <typename T>
    constexpr bool is_pointer<T*> = true;

    template <auto Function>
    struct Entry;

    template <typename... A, void (*Function)(A...)>
    struct Entry<Function>
    {
        static_assert((0 + ... + sizeof(A)) <= 4096, "a kernel takes 4 KB of arguments at most");
        static constexpr unsigned count = sizeof...(A);
        static constexpr Argument arguments[sizeof...(A) + 1] = {{sizeof(A), alignof(A), is_pointer<A>}...};

        template <unsigned... I>
        static CUDA_FUNCTION void call(void** values, Places<I...>)
        {
            Function(*reinterpret_cast<A*>(values[I])...);
        }

        static void run(void** values) { call(values, Places<__integer_pack(sizeof...(A))...>{}); }
    };

    template <auto Function>
    constexpr Kernel entry(const char* name, unsigned threads)
    {
        return {name, Entry<Function>::run, Entry<Function>::count, Entry<Function>::arguments, threads};
    }

    // The first of the launch bounds.
    constexpr unsigned first(unsigned value, ...) { return value; }
}

#define EMULATOR_KERNEL(lowered, text, threads, ...) \
    extern "C" __attribute__((visibility("default"))) const emulator::Kernel lowered = emulator::entry<__VA_ARGS__>(text, threads);
