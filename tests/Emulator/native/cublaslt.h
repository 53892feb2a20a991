#pragma once
#include <cstddef>
#include <cstdint>

namespace emulator
{
    enum BlasResult : int
    {
        blas_success = 0,
        blas_not_initialized = 1,
        blas_allocation_failed = 3,
        blas_invalid_value = 7,
        blas_execution_failed = 13,
        blas_not_supported = 15,
    };

    constexpr int type_f32 = 0, type_bf16 = 14;
    constexpr int compute_f32 = 68;
    constexpr int epilogue_default = 1, epilogue_bias = 4;

    // The objects behind the handles, with the attributes that the emulator knows.
    struct MatmulDescription
    {
        int compute_type, scale_type;
        int transpose_a = 0, transpose_b = 0;
        int epilogue = epilogue_default;
        const void* bias = nullptr;
        int bias_type = -1;
    };

    struct MatrixLayout
    {
        int type;
        std::uint64_t rows, columns;
        std::int64_t ld;
    };

    struct MatmulPreference
    {
        std::size_t most_workspace = 0;
        unsigned reduction_schemes = ~0u;
        unsigned alignment[4] = {256, 256, 256, 256};
    };

    struct Algorithm
    {
        std::uint64_t data[8];
    };

    // The first word of every algorithm that the heuristic gives.
    constexpr std::uint64_t algorithm_mark = 0x454d554c41544544;

    struct HeuristicResult
    {
        Algorithm algorithm;
        std::size_t workspace;
        int state;
        float waves;
        int reserved[4];
    };
    static_assert(sizeof(Algorithm) == 64 && sizeof(HeuristicResult) == 96, "as the library's header has them");

    // Whether the library would take this product; the reason is kept where not.
    BlasResult check_product(const MatmulDescription& description, const MatrixLayout& a, const MatrixLayout& b, const MatrixLayout& c, const MatrixLayout& d);
}
