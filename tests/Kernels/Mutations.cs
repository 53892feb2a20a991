namespace LlavaCuda.Tests.Kernels;

/// <summary>The seeded faults: barriers and waits taken away, tails off by one, wrong strides, missing sums, swapped operands, sums that are too narrow, heads of the wrong group.</summary>
internal static class Mutations
{
    /// <summary>Gets them, by file.</summary>
    internal static IReadOnlyList<Mutation> All { get; } =
    [
        new("common: no barrier in a block's sum", "common.cuh", "__syncthreads();", string.Empty, "*RmsNorm*"),
        new("elementwise: one vector too many", "elementwise.cuh", "if (i < count)", "if (i <= count)", "*.GeluCudaTests", 1),
        new("elementwise: half the stride between loads", "elementwise.cuh", "* ELEMENTWISE_THREADS + threadIdx.x", "* (ELEMENTWISE_THREADS / 2) + threadIdx.x", "*.GeluCudaTests"),
        new("gelu: slope without the density", "gelu.cu", " + v * normal_density(v)", string.Empty, "*.Gelu*"),
        new("swiglu: operands swapped in the gradient of the gate", "swiglu.cu", "g[j] = d[j] * u[j] * s *", "g[j] = d[j] * silu * s *", "*.SwiGlu*"),
        new("swiglu: the up half begins a column late", "swiglu.cu", "load_slice(ups, gate + width, width);", "load_slice(ups, gate + width - N, width);", "*.SwiGlu*"),
        new("embedding: picture rows off by one", "embedding.cu", "(-1 - row) * width", "(-row) * width", "*.Embedding*"),
        new("embedding: the gradient forgets what was there", "embedding.cu", "if (accumulate)", "if (false)", "*.Embedding*"),
        new("embedding: a segment's last row is left out", "embedding.cu", "i32 end = starts[blockIdx.x + 1];", "i32 end = max(starts[blockIdx.x + 1] - 1, starts[blockIdx.x] + 1);", "*.Embedding*"),
        new("gather_rows: 32-bit offset", "gather_rows.cu", "x + index[blockIdx.x] * width", "x + (i64)((i32)index[blockIdx.x] * (i32)width)", "*LargeIndexTests"),
        new("patches: lines from the wrong row of patches", "patches.cu", "y * patch) * edge", "x * patch) * edge", "*.Patches*"),
        new("vision_embedding: no accumulation", "vision_embedding.cu", "if (accumulate)", "if (false)", "*.VisionEmbedding*"),
        new("cross_entropy: the sum is not scaled to a new maximum", "cross_entropy.cu", "sum *= exponential<T>(own - next);", string.Empty, "*.CrossEntropy*"),
        new("cross_entropy: the label's gradient is missing", "cross_entropy.cu", "(j == labelled ? scale : 0.0f)", "0.0f", "*.CrossEntropy*"),
        new("norms: statistics of the row before the sum", "norm_forward.cuh", "turn[k] = Packed<T, N>::of(values);\n            turn[k].store(sum + i);", "Packed<T, N>::of(values).store(sum + i);", "*.RmsNorm*"),
        new("norms: one set of slots for two rows", "norm_backward.cuh", "set ^= Sums * (blockDim.x / 32);", string.Empty, "*.RmsNorm*"),
        new("norms: the gain's gradient keeps the last row only", "norm_backward.cuh", "dw[k][j] += g[k][j] * normal[k][j];", "dw[k][j] = g[k][j] * normal[k][j];", "*.RmsNorm*"),
        new("layernorm: the mean of the gradient is left out", "norm_backward.cuh", "r * (g - meanGradient - normal * meanProduct)", "r * (g - normal * meanProduct)", "*.LayerNorm*"),
        new("column_sum: no barrier before the warps' sums are read", "column_sum.cu", "__syncthreads();", string.Empty, "*.ColumnSum*"),
        new("gradient_norm: a barrier less in the tree", "gradient_norm.cu", "        __syncthreads();\n    }\n\n    return slots[0];", "    }\n\n    __syncthreads();\n    return slots[0];", "*.GradientNorm*"),
        new("adamw: the remainder is dropped", "adamw.cu", "return __uint_as_float(weight + (u32)remainder);", "return __uint_as_float(weight);", "*.AdamW*"),
        new("adamw: rounding to zero instead of half up", "adamw.cu", "(__float_as_uint(master) + 0x8000u) & 0xffff0000u", "__float_as_uint(master) & 0xffff0000u", "*.AdamW*"),
        new("attention: keys are used before they arrive", "attention.cu", "cp_async_wait<0>();", "cp_async_wait<1>();", "*.Attention*"),
        new("attention: no barrier before the keys' tile is filled again", "attention.cu", "__syncthreads();", string.Empty, "*.Attention*", 1),
        new("attention: a row sees the key behind it", "attention.cu", "own.start - start + (warp_row<MT>() + row)", "own.start - start + (warp_row<MT>() + row) + 1", "*.Attention*"),
        new("attention: the last tile's tail counts", "attention.cu", "own.length - start - 1", "own.length - start", "*.Attention*"),
        new("attention: key head of the wrong group", "attention.cu", "layout.key(own.head / layout.group())", "layout.key(own.head % layout.kv_heads)", "*.Attention*"),
        new("attention: sums are not put under the new maximum", "attention_softmax.cuh", "sums[i][j][2] *= correction[i][1];", string.Empty, "*.Attention*"),
        new("attention: sums in bf16", "attention_tiles.cuh", "mma_m16n8k16(sums[i][j], left[i], right[0], right[1]);", "mma_m16n8k16(sums[i][j], left[i], right[0], right[1]);\n                sums[i][j][0] = rounded<bf16>(sums[i][j][0]);", "*.Attention*"),
        new("attention: swapped halves of the right operand", "attention_tiles.cuh", "mma_m16n8k16(s[i][j + 1], left[i], right[2], right[3]);", "mma_m16n8k16(s[i][j + 1], left[i], right[3], right[2]);", "*.Attention*"),
        new("attention backward: queries are read before they arrive", "attention_backward_dkdv.cu", "cp_async_wait<0>();", "cp_async_wait<1>();", "*.Attention*"),
        new("attention backward: only the first head of a group", "attention_backward_dkdv.cu", "heads_left(layout.group())", "heads_left(1)", "*.Attention*"),
        new("attention backward: turned forward instead of back", "attention_store.cuh", "high[0] = high[0] * c.x - x0 * s.x;", "high[0] = high[0] * c.x + x0 * s.x;", "*.Attention*"),
        new("gemv: no barrier before the warps' sums are read", "gemv.cu", "__syncthreads();", string.Empty, "*Gemv*"),
        new("gemv: the last inputs are left out", "gemv.cu", "if (inputs % GEMV_STEP != 0 && warp == steps % Warps)", "if (false)", "*Gemv*"),
        new("rope: the position of the row before", "rope.cu", "positions[row] * half", "positions[row > 0 ? row - 1 : 0] * half", "*.Rope*"),
    ];
}
