#pragma once
// The twin of kernels/primitives.cuh: the same functions in plain C++, for kernels that run on the processor. Whoever adds one there adds it here.

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;
using i32 = int;
using i64 = long long;

#define DEVICE __device__ __forceinline__

struct bf16
{
    u16 bits;
};

struct alignas(16) u32x4
{
    u32 x, y, z, w;
};

DEVICE float infinity() { return __int_as_float(0x7f800000); }

// ---- conversions ------------------------------------------------------------------------------------------------------------------------------

DEVICE float to_float(float x) { return x; }
DEVICE float to_float(bf16 x) { return __uint_as_float((u32)x.bits << 16); }

// To nearest even; every NaN becomes the same one, as cvt.rn.bf16x2 does it.
DEVICE u32 emulator_round_bf16(float x)
{
    u32 bits = __float_as_uint(x);
    return x != x ? 0x7fffu : (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}

DEVICE u32 pack_bf16x2(float lo, float hi) { return emulator_round_bf16(lo) | emulator_round_bf16(hi) << 16; }

DEVICE float low_bf16(u32 packed) { return __uint_as_float(packed << 16); }
DEVICE float high_bf16(u32 packed) { return __uint_as_float(packed & 0xffff0000u); }

DEVICE bf16 to_bf16(float x) { return bf16{(u16)emulator_round_bf16(x)}; }

// ---- arithmetic -------------------------------------------------------------------------------------------------------------------------------

DEVICE float emulator_flush(float x) { return fabsf(x) < 1.17549435e-38f ? copysignf(0.0f, x) : x; }

DEVICE float exp2_approx(float x) { return emulator_flush(exp2f(emulator_flush(x))); }
DEVICE float reciprocal_approx(float x) { return emulator_flush(1.0f / emulator_flush(x)); }

DEVICE int opaque(int x) { return x; }

// ---- memory -----------------------------------------------------------------------------------------------------------------------------------

DEVICE char* shared_memory() { return emulator::thread().block->shared; }

// The instructions name the memory that they are for.
DEVICE void emulator_check_16(const void* address, emulator::Space space, const char* file, int line)
{
    if (__builtin_expect(((u64)address & 15) != 0, 0))
    {
        emulator::services->misaligned(address, 16, file, line);
    }

    if (__builtin_expect(emulator::space_of(address) != space, 0))
    {
        emulator::services->wrong_space(address, space, file, line);
    }
}

DEVICE u32x4 load_16(const void* address, CUDA_SITE)
{
    emulator_check_16(address, emulator::Space::global, file, line);
    return *reinterpret_cast<const u32x4*>(address);
}

DEVICE u32x4 load_16_stream(const void* address, CUDA_SITE) { return load_16(address, file, line); }
DEVICE u32x4 load_16_weights(const void* address, CUDA_SITE) { return load_16(address, file, line); }

DEVICE void store_16(void* address, u32x4 v, CUDA_SITE)
{
    emulator_check_16(address, emulator::Space::global, file, line);
    *reinterpret_cast<u32x4*>(address) = v;
}

DEVICE void store_16_stream(void* address, u32x4 v, CUDA_SITE) { store_16(address, v, file, line); }

DEVICE u32x4 load_16_relaxed(const void* address, bool valid, CUDA_SITE) { return valid ? load_16(address, file, line) : u32x4{0, 0, 0, 0}; }
DEVICE u32 load_4_relaxed(const void* address, bool valid) { return valid ? __atomic_load_n(static_cast<const u32*>(address), __ATOMIC_RELAXED) : 0; }
DEVICE u32 atomic_add_acq_rel(u32* address, u32 value) { return __atomic_fetch_add(address, value, __ATOMIC_ACQ_REL); }

DEVICE u32x4 load_shared_16(const void* shared, CUDA_SITE)
{
    emulator_check_16(shared, emulator::Space::shared, file, line);
    return *reinterpret_cast<const u32x4*>(shared);
}

// ---- asynchronous copies from global to shared memory -----------------------------------------------------------------------------------------
// The destination is spoilt at once; the copy itself happens in the wait of the thread that asked for it.

DEVICE void cp_async16(void* shared, const void* global, bool valid, CUDA_SITE) { emulator::services->copy(shared, global, 16, valid, file, line); }
DEVICE void cp_async4(void* shared, const void* global, bool valid, CUDA_SITE) { emulator::services->copy(shared, global, 4, valid, file, line); }
DEVICE void cp_async_commit() { emulator::services->commit(); }

template <int Pending>
DEVICE void cp_async_wait()
{
    static_assert(Pending >= 0, "a number of groups");
    emulator::services->wait(Pending);
}

// ---- tensor cores -----------------------------------------------------------------------------------------------------------------------------

DEVICE void ldmatrix_x4(u32 (&r)[4], const void* shared, CUDA_SITE)
{
    emulator::MatrixRows operand{shared, r};
    emulator::services->collective(emulator::Collective::load_matrices, 0xffffffffu, &operand, file, line);
}

DEVICE void ldmatrix_x4_transposed(u32 (&r)[4], const void* shared, CUDA_SITE)
{
    emulator::MatrixRows operand{shared, r};
    emulator::services->collective(emulator::Collective::load_matrices_transposed, 0xffffffffu, &operand, file, line);
}

DEVICE void mma_m16n8k16(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1, CUDA_SITE)
{
    emulator::MatrixProduct operand{c, a, b0, b1};
    emulator::services->collective(emulator::Collective::matrix_product, 0xffffffffu, &operand, file, line);
}
