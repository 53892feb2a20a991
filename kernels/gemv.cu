#include "common.cuh"

// y = x Wᵀ (+ bias) for 1 to 8 rows of x, as decoding has them; W is [outputs][inputs]. Each weight is read once, whatever the number of rows: 2 bytes a weight (bf16) are
// all that it costs. A block makes 16 outputs of all rows. Sums are fp32, in an order that depends on the extents only: a row's result is the same beside any other rows.
// Twin: the product that engine/Ops/Cpu/Linear.cs calls.

constexpr int GEMV_OUTPUTS = 16;

// ---- bf16, on tensor cores: one m16n8k16 tile of weight rows times the rows of x ---------------------------------------------------------------
// In plain arithmetic 8 rows would cost 8 multiplications a weight, and x would have to be unpacked: about the time that the memory needs. The tensor cores take next to no
// instructions. Which inputs stand in which of the tile's k places is free, as long as W and x agree: lane (g, q) = (lane / 4, lane % 4) loads 16 bytes, 8 inputs in a row,
// of weight rows g and g + 8 and of row g of x, and feeds two products with them as they are. x comes through L1, which holds it beside the weights that pass it by.

constexpr int GEMV_STEP = 64; // inputs of a warp's step: 128 bytes, a whole line of the cache, of each weight row

struct GemvStep
{
    u32x4 low[2], high[2], x[2];
};

struct GemvSource
{
    const bf16 *low, *high, *x;

    DEVICE GemvStep load(int step) const
    {
        GemvStep loaded;
#pragma unroll
        for (int half = 0; half < 2; half++)
        {
            i64 at = (i64)step * GEMV_STEP + half * (GEMV_STEP / 2);
            loaded.low[half] = load_16_weights(low + at);
            loaded.high[half] = load_16_weights(high + at);
            loaded.x[half] = load_16(x + at);
        }

        return loaded;
    }

    // The inputs behind the last whole step, zeros behind the last input.
    DEVICE GemvStep load_tail(int step, i64 left) const
    {
        GemvStep loaded = {};
#pragma unroll
        for (int half = 0; half < 2; half++)
        {
            i64 at = (i64)step * GEMV_STEP + half * (GEMV_STEP / 2);
            if (half * (GEMV_STEP / 2) < left)
            {
                loaded.low[half] = load_16_weights(low + at);
                loaded.high[half] = load_16_weights(high + at);
                loaded.x[half] = load_16(x + at);
            }
        }

        return loaded;
    }
};

DEVICE void gemv_accumulate(float (&sums)[4], const GemvStep& step)
{
#pragma unroll
    for (int half = 0; half < 2; half++)
    {
        u32x4 low = step.low[half], high = step.high[half], x = step.x[half];
        const u32 first[4] = {low.x, high.x, low.y, high.y};
        const u32 second[4] = {low.z, high.z, low.w, high.w};
        mma_m16n8k16(sums, first, x.x, x.y);
        mma_m16n8k16(sums, second, x.z, x.w);
    }
}

// The block's warps share the inputs, step by step, and add their sums at the end. inputs is a multiple of 8; w and x are aligned to 16 bytes. Rows beyond the last are read as
// the last one again: they reach only results that are not written.
template <int Warps>
__global__ void __launch_bounds__(32 * Warps) gemv_mma(
    bf16* __restrict__ y, const bf16* __restrict__ w, const bf16* __restrict__ x, const bf16* __restrict__ bias, i64 outputs, i64 inputs, int rows)
{
    constexpr int depth = 2;      // steps whose loads are under way: 8 loads of weights a lane
    constexpr int most_rows = 8;  // columns of a tile
    constexpr int row_sums = 20;  // floats from one row's sums to the next: the four lanes of a group then write to different banks
    int warp = threadIdx.x / 32;
    int group = threadIdx.x % 32 / 4;
    int quad = threadIdx.x % 4;
    i64 first = (i64)blockIdx.x * GEMV_OUTPUTS;
    GemvSource source = {
        w + min(first + group, outputs - 1) * inputs + 8 * quad,
        w + min(first + group + 8, outputs - 1) * inputs + 8 * quad,
        x + min(group, rows - 1) * inputs + 8 * quad,
    };

    int steps = (int)(inputs / GEMV_STEP);
    GemvStep waiting[depth];
#pragma unroll
    for (int d = 0; d < depth; d++)
    {
        if (warp + d * Warps < steps)
        {
            waiting[d] = source.load(warp + d * Warps);
        }
    }

    float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    for (int step = warp; step < steps; step += depth * Warps)
    {
#pragma unroll
        for (int d = 0; d < depth; d++)
        {
            if (step + d * Warps < steps)
            {
                gemv_accumulate(sums, waiting[d]);
                if (step + (d + depth) * Warps < steps)
                {
                    waiting[d] = source.load(step + (d + depth) * Warps);
                }
            }
        }
    }

    if (inputs % GEMV_STEP != 0 && warp == steps % Warps)
    {
        gemv_accumulate(sums, source.load_tail(steps, inputs % GEMV_STEP - 8 * quad));
    }

    float* partial = reinterpret_cast<float*>(shared_memory());
    float* own = partial + (warp * most_rows + 2 * quad) * row_sums + group;
    own[0] = sums[0];
    own[row_sums] = sums[1];
    own[8] = sums[2];
    own[row_sums + 8] = sums[3];
    __syncthreads();

    int row = threadIdx.x / GEMV_OUTPUTS;
    int output = threadIdx.x % GEMV_OUTPUTS;
    if (row < rows && first + output < outputs)
    {
        float sum = 0.0f;
#pragma unroll
        for (int i = 0; i < Warps; i++)
        {
            sum += partial[(i * most_rows + row) * row_sums + output];
        }

        sum += bias == nullptr ? 0.0f : to_float(bias[first + output]);
        y[row * outputs + first + output] = to_bf16(sum);
    }
}

// ---- fp32, in plain arithmetic ------------------------------------------------------------------------------------------------------------------
// A warp makes two outputs of up to Rows rows: two, so that what it reads of x from L1 serves twice. Lanes stride over the inputs, which are a multiple of 4.

template <int Rows>
__global__ void __launch_bounds__(16 * GEMV_OUTPUTS) gemv_fma(
    float* __restrict__ y, const float* __restrict__ w, const float* __restrict__ x, const float* __restrict__ bias, i64 outputs, i64 inputs, int rows)
{
    constexpr int depth = 4; // 8 loads of weights a lane are under way
    int lane = threadIdx.x % 32;
    i64 first = (i64)blockIdx.x * GEMV_OUTPUTS + threadIdx.x / 32 * 2;
    const float* source[2] = {w + min(first, outputs - 1) * inputs, w + min(first + 1, outputs - 1) * inputs};
    float sums[2][Rows] = {};
    u32x4 waiting[depth][2];
#pragma unroll
    for (int d = 0; d < depth; d++)
    {
        i64 at = 4 * (lane + 32 * d);
        if (at < inputs)
        {
            waiting[d][0] = load_16_weights(source[0] + at);
            waiting[d][1] = load_16_weights(source[1] + at);
        }
    }

    for (i64 start = 4 * lane; start < inputs; start += 4 * 32 * depth)
    {
#pragma unroll
        for (int d = 0; d < depth; d++)
        {
            i64 at = start + 4 * 32 * d;
            if (at < inputs)
            {
                float weights[2][4];
                Vector<float>::unpack(waiting[d][0], weights[0]);
                Vector<float>::unpack(waiting[d][1], weights[1]);
                i64 next = at + 4 * 32 * depth;
                if (next < inputs)
                {
                    waiting[d][0] = load_16_weights(source[0] + next);
                    waiting[d][1] = load_16_weights(source[1] + next);
                }

#pragma unroll
                for (int row = 0; row < Rows; row++)
                {
                    float values[4];
                    load(x + min(row, rows - 1) * inputs + at, values);
#pragma unroll
                    for (int i = 0; i < 4; i++)
                    {
                        sums[0][row] = fmaf(weights[0][i], values[i], sums[0][row]);
                        sums[1][row] = fmaf(weights[1][i], values[i], sums[1][row]);
                    }
                }
            }
        }
    }

#pragma unroll
    for (int output = 0; output < 2; output++)
    {
#pragma unroll
        for (int row = 0; row < Rows; row++)
        {
            float sum = warp_sum(sums[output][row]);
            if (lane == 0 && row < rows && first + output < outputs)
            {
                y[row * outputs + first + output] = sum + (bias == nullptr ? 0.0f : bias[first + output]);
            }
        }
    }
}
