#pragma once
#include "multiprocessor.h"

namespace emulator
{
    // ldmatrix for a whole warp: every lane's operand names a row of 16 bytes and gets four words.
    void load_matrices(const Warp& warp, bool transposed);

    // mma.m16n8k16 for a whole warp: c += a b.
    void multiply_matrices(const Warp& warp);
}
