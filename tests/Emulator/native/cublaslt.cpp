#include "cublaslt.h"

#include <cstring>

#include "context.h"
#include "results.h"

// Handles, descriptors and the heuristic of cuBLASLt; the product itself is in matmul.cpp.

namespace emulator
{
    static BlasResult refuse(BlasResult code, std::string reason)
    {
        fail(unknown, std::move(reason));
        return code;
    }

    EXPORT const char* cublasLtGetStatusString(int code)
    {
        switch (code)
        {
            case blas_success: return "CUBLAS_STATUS_SUCCESS";
            case blas_not_initialized: return "CUBLAS_STATUS_NOT_INITIALIZED";
            case blas_allocation_failed: return "CUBLAS_STATUS_ALLOC_FAILED";
            case blas_invalid_value: return "CUBLAS_STATUS_INVALID_VALUE";
            case blas_execution_failed: return "CUBLAS_STATUS_EXECUTION_FAILED";
            case blas_not_supported: return "CUBLAS_STATUS_NOT_SUPPORTED";
            default: return "CUBLAS_STATUS unknown";
        }
    }

    EXPORT std::size_t cublasLtGetVersion() { return 120402; }

    EXPORT int cublasLtCreate(Context** handle)
    {
        if (current_context() == nullptr)
        {
            return refuse(blas_not_initialized, "cublasLtCreate without a current context");
        }

        *handle = current_context();
        return blas_success;
    }

    EXPORT int cublasLtDestroy(Context*) { return blas_success; }

    EXPORT int cublasLtMatmulDescCreate(MatmulDescription** description, int compute_type, int scale_type)
    {
        *description = new MatmulDescription{compute_type, scale_type};
        return blas_success;
    }

    EXPORT int cublasLtMatmulDescDestroy(MatmulDescription* description)
    {
        delete description;
        return blas_success;
    }

    template <typename T>
    static int set(T& field, const void* value, std::size_t bytes)
    {
        if (value == nullptr || bytes < sizeof(T))
        {
            return refuse(blas_invalid_value, text("an attribute of %zu bytes was given %zu", sizeof(T), bytes));
        }

        memcpy(&field, value, sizeof(T));
        return blas_success;
    }

    EXPORT int cublasLtMatmulDescSetAttribute(MatmulDescription* description, int attribute, const void* value, std::size_t bytes)
    {
        switch (attribute)
        {
            case 3: return set(description->transpose_a, value, bytes);
            case 4: return set(description->transpose_b, value, bytes);
            case 7: return set(description->epilogue, value, bytes);
            case 8: return set(description->bias, value, bytes);
            case 26: return set(description->bias_type, value, bytes);
            default: return refuse(blas_not_supported, text("the emulator knows nothing of matmul attribute %d", attribute));
        }
    }

    EXPORT int cublasLtMatrixLayoutCreate(MatrixLayout** layout, int type, std::uint64_t rows, std::uint64_t columns, std::int64_t ld)
    {
        *layout = new MatrixLayout{type, rows, columns, ld};
        return blas_success;
    }

    EXPORT int cublasLtMatrixLayoutDestroy(MatrixLayout* layout)
    {
        delete layout;
        return blas_success;
    }

    EXPORT int cublasLtMatmulPreferenceCreate(MatmulPreference** preference)
    {
        *preference = new MatmulPreference;
        return blas_success;
    }

    EXPORT int cublasLtMatmulPreferenceDestroy(MatmulPreference* preference)
    {
        delete preference;
        return blas_success;
    }

    EXPORT int cublasLtMatmulPreferenceSetAttribute(MatmulPreference* preference, int attribute, const void* value, std::size_t bytes)
    {
        switch (attribute)
        {
            case 1: return set(preference->most_workspace, value, bytes);
            case 3: return set(preference->reduction_schemes, value, bytes);
            case 5:
            case 6:
            case 7:
            case 8: return set(preference->alignment[attribute - 5], value, bytes);
            default: return refuse(blas_not_supported, text("the emulator knows nothing of preference attribute %d", attribute));
        }
    }

    BlasResult check_product(const MatmulDescription& description, const MatrixLayout& a, const MatrixLayout& b, const MatrixLayout& c, const MatrixLayout& d)
    {
        if (description.compute_type != compute_f32 || description.scale_type != type_f32)
        {
            return refuse(blas_not_supported, "only products in single precision are emulated");
        }

        if (description.transpose_a < 0 || description.transpose_a > 1 || description.transpose_b < 0 || description.transpose_b > 1)
        {
            return refuse(blas_not_supported, "only N and T are emulated");
        }

        if (description.epilogue != epilogue_default && description.epilogue != epilogue_bias)
        {
            return refuse(blas_not_supported, text("epilogue %d is not emulated", description.epilogue));
        }

        bool inputs = (a.type == type_f32 && b.type == type_f32) || (a.type == type_bf16 && b.type == type_bf16);
        bool outputs = c.type == d.type && (d.type == type_f32 || (d.type == type_bf16 && a.type == type_bf16));
        int bias = description.bias_type < 0 ? d.type : description.bias_type;
        bool biases = description.epilogue != epilogue_bias || bias == d.type || (bias == type_bf16 && a.type == type_bf16);
        if (!inputs || !outputs || !biases)
        {
            return refuse(blas_not_supported, text("the library has no product of types A %d, B %d, C %d, D %d, bias %d", a.type, b.type, c.type, d.type, bias));
        }

        for (const MatrixLayout* layout : {&a, &b, &c, &d})
        {
            if (layout->rows == 0 || layout->columns == 0 || layout->ld < static_cast<std::int64_t>(layout->rows))
            {
                return refuse(blas_invalid_value, text("a matrix of %lu x %lu with ld %ld", static_cast<unsigned long>(layout->rows),
                    static_cast<unsigned long>(layout->columns), static_cast<long>(layout->ld)));
            }
        }

        std::uint64_t m = description.transpose_a != 0 ? a.columns : a.rows, k = description.transpose_a != 0 ? a.rows : a.columns;
        std::uint64_t n = description.transpose_b != 0 ? b.rows : b.columns, other_k = description.transpose_b != 0 ? b.columns : b.rows;
        if (k != other_k || d.rows != m || d.columns != n || c.rows != m || c.columns != n)
        {
            return refuse(blas_invalid_value, text("op(A) %lu x %lu, op(B) %lu x %lu, C %lu x %lu, D %lu x %lu", static_cast<unsigned long>(m), static_cast<unsigned long>(k),
                static_cast<unsigned long>(other_k), static_cast<unsigned long>(n), static_cast<unsigned long>(c.rows), static_cast<unsigned long>(c.columns),
                static_cast<unsigned long>(d.rows), static_cast<unsigned long>(d.columns)));
        }

        return blas_success;
    }

    // Two algorithms that compute the same, so that a choice between them can be tried.
    EXPORT int cublasLtMatmulAlgoGetHeuristic(Context*, const MatmulDescription* description, const MatrixLayout* a, const MatrixLayout* b, const MatrixLayout* c,
        const MatrixLayout* d, const MatmulPreference*, int asked, HeuristicResult* results, int* returned)
    {
        *returned = 0;
        if (asked < 1)
        {
            return refuse(blas_invalid_value, "a heuristic of no results");
        }

        if (BlasResult code = check_product(*description, *a, *b, *c, *d))
        {
            return code;
        }

        for (; *returned < asked && *returned < 2; ++*returned)
        {
            HeuristicResult& result = results[*returned];
            memset(&result, 0, sizeof(result));
            result.algorithm.data[0] = algorithm_mark;
            result.algorithm.data[1] = static_cast<std::uint64_t>(*returned);
            result.waves = 1.0f;
        }

        return blas_success;
    }
}
