#include "gemm.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace emulator
{
    static float from_bf16(std::uint16_t bits)
    {
        std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
        float value;
        memcpy(&value, &wide, 4);
        return value;
    }

    float read_element(const void* data, Type type, std::int64_t index)
    {
        return type == Type::f32 ? static_cast<const float*>(data)[index] : from_bf16(static_cast<const std::uint16_t*>(data)[index]);
    }

    void write_element(void* data, Type type, std::int64_t index, float value)
    {
        if (type == Type::f32)
        {
            static_cast<float*>(data)[index] = value;
            return;
        }

        std::uint32_t bits;
        memcpy(&bits, &value, 4);
        static_cast<std::uint16_t*>(data)[index] = static_cast<std::uint16_t>(value != value ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }

    // Panels of rows of op(a), and of columns of op(b), in the order in which the inner loop reads them; what is missing is zero.
    static constexpr std::int64_t rows = 32, columns = 6, depth = 256;

    static void pack(const Matrix& matrix, bool along_storage, std::int64_t first, std::int64_t count, std::int64_t width, std::int64_t k0, std::int64_t k1, float* packed)
    {
        for (std::int64_t k = k0; k < k1; k++)
        {
            for (std::int64_t i = 0; i < width; i++)
            {
                std::int64_t index = along_storage ? k * matrix.ld + first + i : (first + i) * matrix.ld + k;
                *packed++ = i < count ? read_element(matrix.data, matrix.type, index) : 0.0f;
            }
        }
    }

    static void tile(const float* a, const float* b, std::int64_t k, float (&c)[columns][rows])
    {
        typedef float Lanes __attribute__((vector_size(64)));
        Lanes sums[columns][2];
        memcpy(sums, c, sizeof(sums));
        for (std::int64_t p = 0; p < k; p++)
        {
            Lanes low, high;
            memcpy(&low, a + p * rows, 64);
            memcpy(&high, a + p * rows + 16, 64);
            for (std::int64_t j = 0; j < columns; j++)
            {
                sums[j][0] += low * b[p * columns + j];
                sums[j][1] += high * b[p * columns + j];
            }
        }

        memcpy(c, sums, sizeof(sums));
    }

    void multiply(const Matrix& a, const Matrix& b, std::int64_t m, std::int64_t n, std::int64_t k, float* sum)
    {
        std::fill(sum, sum + m * n, 0.0f);
        std::int64_t row_panels = (m + rows - 1) / rows;
        std::vector<float> packed_a(static_cast<std::size_t>(row_panels * rows * std::min(k, depth))), packed_b(static_cast<std::size_t>(columns * std::min(k, depth)));
        for (std::int64_t k0 = 0; k0 < k; k0 += depth)
        {
            std::int64_t k1 = std::min(k, k0 + depth), length = k1 - k0;
            for (std::int64_t panel = 0; panel < row_panels; panel++)
            {
                pack(a, !a.transposed, panel * rows, std::min(rows, m - panel * rows), rows, k0, k1, packed_a.data() + panel * rows * length);
            }

            for (std::int64_t j = 0; j < n; j += columns)
            {
                std::int64_t width = std::min(columns, n - j);
                pack(b, b.transposed, j, width, columns, k0, k1, packed_b.data());
                for (std::int64_t panel = 0; panel < row_panels; panel++)
                {
                    std::int64_t i = panel * rows, height = std::min(rows, m - i);
                    float c[columns][rows] = {};
                    for (std::int64_t column = 0; column < width; column++)
                    {
                        memcpy(c[column], sum + (j + column) * m + i, static_cast<std::size_t>(height) * 4);
                    }

                    tile(packed_a.data() + panel * rows * length, packed_b.data(), length, c);
                    for (std::int64_t column = 0; column < width; column++)
                    {
                        memcpy(sum + (j + column) * m + i, c[column], static_cast<std::size_t>(height) * 4);
                    }
                }
            }
        }
    }
}
