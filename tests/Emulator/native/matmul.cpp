#include <vector>

#include "cublaslt.h"
#include "gemm.h"
#include "memory.h"
#include "streams.h"

namespace emulator
{
    struct Operand
    {
        const void* data;
        Type type;
        std::int64_t ld;
    };

    // D = alpha op(A) op(B) + beta C + bias, all of it known at the call.
    struct Product
    {
        std::int64_t m, n, k;
        bool transpose_a, transpose_b;
        Operand a, b, c;
        void* d;
        Operand bias;
        std::int64_t ld_d;
        float alpha, beta;
    };

    static Result run(const Product& product)
    {
        std::vector<float> sums(static_cast<std::size_t>(product.m * product.n));
        multiply({product.a.data, product.a.type, product.a.ld, product.transpose_a}, {product.b.data, product.b.type, product.b.ld, product.transpose_b}, product.m, product.n,
            product.k, sums.data());
        for (std::int64_t j = 0; j < product.n; j++)
        {
            for (std::int64_t i = 0; i < product.m; i++)
            {
                // With beta 0 C is not read: it may hold anything, NaN too.
                float value = product.alpha * sums[static_cast<std::size_t>(j * product.m + i)];
                value += product.beta == 0.0f ? 0.0f : product.beta * read_element(product.c.data, product.c.type, j * product.c.ld + i);
                value += product.bias.data == nullptr ? 0.0f : read_element(product.bias.data, product.bias.type, i);
                write_element(product.d, product.c.type, j * product.ld_d + i, value);
            }
        }

        return success;
    }

    static std::uint64_t element_bytes(int type) { return type == type_f32 ? 4 : 2; }

    static BlasResult refuse(BlasResult code, std::string reason)
    {
        fail(unknown, std::move(reason));
        return code;
    }

    // The bytes that a matrix takes, gaps between columns included, must be device memory.
    static BlasResult check_memory(const char* name, const void* data, const MatrixLayout& layout)
    {
        std::uint64_t address = reinterpret_cast<std::uint64_t>(data), bytes = element_bytes(layout.type);
        std::uint64_t elements = (layout.columns - 1) * static_cast<std::uint64_t>(layout.ld) + layout.rows;
        if (address % bytes != 0)
        {
            return refuse(blas_invalid_value, text("%s at %p is not aligned to its elements", name, data));
        }

        return is_reachable(address, elements * bytes) ? blas_success
                                                       : refuse(blas_execution_failed, text("%s, %lu bytes at %p, is not in device memory: ", name,
                                                                                          static_cast<unsigned long>(elements * bytes), data) +
                                                                                          describe_address(address));
    }

    static Operand operand(const void* data, const MatrixLayout& layout)
    {
        return {data, layout.type == type_f32 ? Type::f32 : Type::bf16, layout.ld};
    }

    EXPORT int cublasLtMatmul(Context* handle, const MatmulDescription* description, const void* alpha, const void* a, const MatrixLayout* layout_a, const void* b,
        const MatrixLayout* layout_b, const void* beta, const void* c, const MatrixLayout* layout_c, void* d, const MatrixLayout* layout_d, const Algorithm* algorithm, void* workspace,
        std::size_t workspace_bytes, Stream* stream_handle)
    {
        Context* context;
        if (handle == nullptr || enter(&context) != success)
        {
            return handle == nullptr ? blas_not_initialized : blas_execution_failed;
        }

        Stream* stream = find_stream(context, stream_handle);
        if (stream == nullptr || alpha == nullptr || beta == nullptr)
        {
            return refuse(blas_invalid_value, "no such stream, or no scale");
        }

        BlasResult code = check_product(*description, *layout_a, *layout_b, *layout_c, *layout_d);
        code = code == blas_success ? check_memory("A", a, *layout_a) : code;
        code = code == blas_success ? check_memory("B", b, *layout_b) : code;
        code = code == blas_success ? check_memory("D", d, *layout_d) : code;
        float beta_value = *static_cast<const float*>(beta);
        if (code == blas_success && beta_value != 0.0f)
        {
            code = check_memory("C", c, *layout_c);
        }

        if (code == blas_success && workspace_bytes > 0 && (reinterpret_cast<std::uint64_t>(workspace) % 256 != 0 || !is_reachable(reinterpret_cast<std::uint64_t>(workspace), workspace_bytes)))
        {
            code = refuse(blas_invalid_value, text("a workspace of %zu bytes at %p", workspace_bytes, workspace));
        }

        if (code == blas_success && algorithm != nullptr && algorithm->data[0] != algorithm_mark)
        {
            code = refuse(blas_invalid_value, "the algorithm is none that the heuristic gave");
        }

        bool transpose_a = description->transpose_a != 0;
        Product product = {static_cast<std::int64_t>(layout_d->rows), static_cast<std::int64_t>(layout_d->columns),
            static_cast<std::int64_t>(transpose_a ? layout_a->rows : layout_a->columns), transpose_a, description->transpose_b != 0, operand(a, *layout_a), operand(b, *layout_b),
            operand(c, *layout_c), d, {nullptr, Type::f32, 0}, layout_d->ld, *static_cast<const float*>(alpha), beta_value};
        if (code == blas_success && description->epilogue == epilogue_bias)
        {
            MatrixLayout vector = {description->bias_type < 0 ? layout_d->type : description->bias_type, layout_d->rows, 1, product.m};
            code = check_memory("the bias", description->bias, vector);
            product.bias = operand(description->bias, vector);
        }

        if (code != blas_success)
        {
            return code;
        }

        return submit(stream, [=] { return run(product); }) == success ? blas_success : blas_execution_failed;
    }
}
