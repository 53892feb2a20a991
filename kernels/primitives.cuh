#pragma once
// The only file with PTX: small functions that kernels are written in. Each has a twin in plain C++ in tests/Emulator/native/primitives.cuh,
// so that the same kernels run on the processor. Nothing here is included from a CUDA installation: NVRTC alone is enough.

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;
using i32 = int;
using i64 = long long;

#define DEVICE __device__ __forceinline__

// 16 bits of storage: sign, 8 exponent and 7 mantissa bits of a float. It has no arithmetic, so that every rounding is visible in the kernel.
struct bf16
{
    u16 bits;
};

// Four words that are loaded and stored by one instruction.
struct alignas(16) u32x4
{
    u32 x, y, z, w;
};

DEVICE float infinity() { return __int_as_float(0x7f800000); }

// ---- conversions ------------------------------------------------------------------------------------------------------------------------------

DEVICE float to_float(float x) { return x; }
DEVICE float to_float(bf16 x) { return __uint_as_float((u32)x.bits << 16); }

// Two floats rounded to nearest even; lo becomes the lower half.
DEVICE u32 pack_bf16x2(float lo, float hi)
{
    u32 packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(hi), "f"(lo));
    return packed;
}

DEVICE float low_bf16(u32 packed) { return __uint_as_float(packed << 16); }
DEVICE float high_bf16(u32 packed) { return __uint_as_float(packed & 0xffff0000u); }

DEVICE bf16 to_bf16(float x) { return bf16{(u16)(pack_bf16x2(x, 0.0f) & 0xffffu)}; }

// ---- arithmetic -------------------------------------------------------------------------------------------------------------------------------

// 2^x and 1/x to about two units in the last place; denormal results become zero.
DEVICE float exp2_approx(float x)
{
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

DEVICE float reciprocal_approx(float x)
{
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// The same number, of which the compiler knows nothing: what is computed from it is computed there, and not kept in a register from an earlier time.
DEVICE int opaque(int x)
{
    asm volatile("" : "+r"(x));
    return x;
}

// ---- memory -----------------------------------------------------------------------------------------------------------------------------------

// The block's dynamic shared memory, aligned to 16 bytes. There is no other shared memory in these kernels.
DEVICE char* shared_memory()
{
    extern __shared__ u32x4 block_shared_memory[];
    return reinterpret_cast<char*>(block_shared_memory);
}

// 16 bytes from global memory. _stream: read once, leave the caches to others. Addresses are multiples of 16. In PTX, because the compiler splits some copies of a struct into
// four instructions of 4 bytes.
DEVICE u32x4 load_16(const void* address)
{
    u32x4 v;
    asm volatile("ld.global.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(address) : "memory");
    return v;
}

DEVICE u32x4 load_16_stream(const void* address)
{
    u32x4 v;
    asm volatile("ld.global.cs.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(address) : "memory");
    return v;
}

// 16 bytes that nobody writes while the kernel runs: may come through the read-only path and stay out of L1. Their neighbours in a line of 128 bytes are wanted too.
DEVICE u32x4 load_16_weights(const void* address)
{
    u32x4 v;
    asm volatile("ld.global.nc.L1::no_allocate.L2::128B.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(address));
    return v;
}

DEVICE void store_16(void* address, u32x4 v)
{
    asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(address), "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w) : "memory");
}

DEVICE void store_16_stream(void* address, u32x4 v)
{
    asm volatile("st.global.cs.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(address), "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w) : "memory");
}

// What other blocks of the same launch have written: from where all multiprocessors see it, never from an older copy in L1. Zeros when not valid (the address is then not read), without a
// branch, so that loads that follow each other are under way together.
DEVICE u32x4 load_16_relaxed(const void* address, bool valid)
{
    u32x4 v = {0, 0, 0, 0};
    asm volatile("{\n\t.reg .pred valid;\n\tsetp.ne.b32 valid, %5, 0;\n\t@valid ld.relaxed.gpu.global.v4.u32 {%0, %1, %2, %3}, [%4];\n\t}"
                 : "+r"(v.x), "+r"(v.y), "+r"(v.z), "+r"(v.w)
                 : "l"(address), "r"((int)valid)
                 : "memory");
    return v;
}

// The same for 4 bytes.
DEVICE u32 load_4_relaxed(const void* address, bool valid)
{
    u32 v = 0;
    asm volatile("{\n\t.reg .pred valid;\n\tsetp.ne.b32 valid, %2, 0;\n\t@valid ld.relaxed.gpu.global.u32 %0, [%1];\n\t}" : "+r"(v) : "l"(address), "r"((int)valid) : "memory");
    return v;
}

// Adds to a counter in global memory and returns what it was. Release and acquire at once: who sees the new count also sees what came before this call, in this thread or, by a barrier, in its
// block; and what comes behind this call sees what came before the calls that are counted already.
DEVICE u32 atomic_add_acq_rel(u32* address, u32 value)
{
    u32 old;
    asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], %2;" : "=r"(old) : "l"(address), "r"(value) : "memory");
    return old;
}

DEVICE u32 shared_address(const void* shared) { return (u32)__cvta_generic_to_shared(shared); }

// 16 bytes from shared memory.
DEVICE u32x4 load_shared_16(const void* shared)
{
    u32x4 v;
    asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "r"(shared_address(shared)) : "memory");
    return v;
}

// ---- asynchronous copies from global to shared memory -----------------------------------------------------------------------------------------

// Copies 16 bytes, or writes 16 zero bytes when not valid (the global address is then not read). Visible to this thread after the group's wait, to
// others after the barrier behind it.
DEVICE void cp_async16(void* shared, const void* global, bool valid)
{
    int bytes = valid ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(bytes) : "memory");
}

// The same for 4 bytes.
DEVICE void cp_async4(void* shared, const void* global, bool valid)
{
    int bytes = valid ? 4 : 0;
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(bytes) : "memory");
}

DEVICE void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until at most Pending of this thread's groups are under way.
template <int Pending>
DEVICE void cp_async_wait()
{
    asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

// ---- tensor cores -----------------------------------------------------------------------------------------------------------------------------

// Four 8x8 matrices of bf16: lane l gives the address of row l%8 of matrix l/8 and receives in r[i] the elements (l/4, 2(l%4)) and (l/4, 2(l%4)+1) of matrix i.
DEVICE void ldmatrix_x4(u32 (&r)[4], const void* shared)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(shared_address(shared))
                 : "memory");
}

// The same, each matrix transposed.
DEVICE void ldmatrix_x4_transposed(u32 (&r)[4], const void* shared)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(shared_address(shared))
                 : "memory");
}

// c += a b for a 16x16, b 16x8, c 16x8, bf16 inputs, fp32 sums. With g = lane/4, q = lane%4: a0 = (g, 2q..2q+1), a1 = (g+8, same), a2 = (g, 2q+8..2q+9),
// a3 = (g+8, same); b0 = (k 2q..2q+1, n g), b1 = (k 2q+8..2q+9, n g); c0, c1 = (g, 2q..2q+1), c2, c3 = (g+8, same).
DEVICE void mma_m16n8k16(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
