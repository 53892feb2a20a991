#include "common.cuh"

// AdamW over a flat range. fp32 weights are updated as they are. bf16 weights have an exact fp32 master, split in two: bits of master = (weight << 16) + remainder as integers, with the
// weight the master rounded half up in magnitude, so that the remainder fits 16 bits with a sign. 28 bytes a weight either way: weight and remainder, both moments, gradient.
// A thread takes 8 weights. Twin: engine/Ops/Cpu/AdamW.cs.

constexpr int ADAMW_THREADS = 256;

// ---- weights: fp32, or bf16 with the lower half of their masters ----------------------------------------------------------------------------------------

// The master from the bits of a weight, in the upper half of a word, and its remainder.
DEVICE float join_master(u32 weight, i32 remainder) { return __uint_as_float(weight + (u32)remainder); }

// The weight, in the upper half: half up, not to even, where a tie could leave a remainder of +32768.
DEVICE u32 master_weight(float master) { return (__float_as_uint(master) + 0x8000u) & 0xffff0000u; }

DEVICE u32 master_remainder(float master) { return __float_as_uint(master) - master_weight(master); }

// Whether the weight will be a number: the largest masters would round to infinity.
DEVICE bool master_fits(float master) { return (__float_as_uint(master) & 0x7fffffffu) + 0x8000u < 0x7f800000u; }

DEVICE void join_pair(u32 weights, u32 remainders, float* masters)
{
    masters[0] = join_master(weights << 16, (i32)(remainders << 16) >> 16);
    masters[1] = join_master(weights & 0xffff0000u, (i32)remainders >> 16);
}

DEVICE u32 weight_pair(const float* masters) { return master_weight(masters[0]) >> 16 | master_weight(masters[1]); }

DEVICE u32 remainder_pair(const float* masters) { return (master_remainder(masters[0]) & 0xffffu) | master_remainder(masters[1]) << 16; }

template <int N>
DEVICE void load_masters(const float* values, const u16*, float (&x)[N])
{
    load_stream(values, x);
}

template <int N>
DEVICE void load_masters(const bf16* values, const u16* remainders, float (&x)[N])
{
    if constexpr (N == 1)
    {
        x[0] = join_master((u32)values->bits << 16, (i32)((u32)*remainders << 16) >> 16);
    }
    else
    {
        u32x4 weights = load_16_stream(values);
        u32x4 rest = load_16_stream(remainders);
        join_pair(weights.x, rest.x, x);
        join_pair(weights.y, rest.y, x + 2);
        join_pair(weights.z, rest.z, x + 4);
        join_pair(weights.w, rest.w, x + 6);
    }
}

template <int N>
DEVICE void store_masters(float* values, u16*, const float (&x)[N])
{
    store_stream(values, x);
}

template <int N>
DEVICE void store_masters(bf16* values, u16* remainders, const float (&x)[N])
{
    if constexpr (N == 1)
    {
        values->bits = (u16)(master_weight(x[0]) >> 16);
        *remainders = (u16)master_remainder(x[0]);
    }
    else
    {
        store_16_stream(values, u32x4{weight_pair(x), weight_pair(x + 2), weight_pair(x + 4), weight_pair(x + 6)});
        store_16_stream(remainders, u32x4{remainder_pair(x), remainder_pair(x + 2), remainder_pair(x + 4), remainder_pair(x + 6)});
    }
}

// ---- the step -------------------------------------------------------------------------------------------------------------------------------------

// norm: the result of gradient_norm; when its factor is not a number, nothing changes. decay is rate times weight decay, stepSize the rate over the first moment's bias correction,
// rootCorrection one over the root of the second's. A weight that would not be finite stays as it is.
template <typename T, int N>
__global__ void __launch_bounds__(ADAMW_THREADS) adamw_update(
    T* values, u16* remainders, float* first, float* second, const float* gradients, const float* norm, i64 count, float firstRate, float secondDecay, float secondRate,
    float rootCorrection, float epsilon, float decay, float stepSize)
{
    const i64 i = ((i64)blockIdx.x * ADAMW_THREADS + threadIdx.x) * N;
    const float clip = norm[1];
    if (i >= count)
    {
        return;
    }

    float masters[N], m[N], v[N], g[N];
    load_masters(values + i, remainders + i, masters);
    load_stream(first + i, m);
    load_stream(second + i, v);
    load_stream(gradients + i, g);
    if (!isfinite(clip))
    {
        return;
    }

#pragma unroll
    for (int j = 0; j < N; j++)
    {
        g[j] *= clip;
        m[j] = fmaf(g[j] - m[j], firstRate, m[j]);
        v[j] = fmaf(g[j] * g[j], secondRate, v[j] * secondDecay);
        float root = fmaf(sqrtf(v[j]), rootCorrection, epsilon);

        // Decay and step are summed first, so that the master is rounded once.
        float next = masters[j] - fmaf(masters[j], decay, m[j] / root * stepSize);
        masters[j] = master_fits(next) ? next : masters[j];
    }

    store_masters(values + i, remainders + i, masters);
    store_stream(first + i, m);
    store_stream(second + i, v);
}
