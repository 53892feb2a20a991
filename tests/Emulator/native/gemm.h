#pragma once
#include <cstdint>

namespace emulator
{
    enum class Type
    {
        f32,
        bf16,
    };

    // A matrix as BLAS stores it: columns one after another, ld elements apart. transposed: what takes part in the product is its transpose.
    struct Matrix
    {
        const void* data;
        Type type;
        std::int64_t ld;
        bool transposed;
    };

    float read_element(const void* data, Type type, std::int64_t index);
    void write_element(void* data, Type type, std::int64_t index, float value);

    // sum[column * m + row] = the product of op(a), m x k, and op(b), k x n, summed in single precision in the order of k.
    void multiply(const Matrix& a, const Matrix& b, std::int64_t m, std::int64_t n, std::int64_t k, float* sum);
}
