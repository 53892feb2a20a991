#include "matrices.h"

#include <cstdint>
#include <cstring>

// Which lane holds which element is written at the functions' twins in kernels/primitives.cuh.

namespace emulator
{
    void load_matrices(const Warp& warp, bool transposed)
    {
        std::uint16_t rows[32][8];
        for (unsigned lane = 0; lane < 32; lane++)
        {
            memcpy(rows[lane], static_cast<const MatrixRows*>(warp.lane[lane]->operand)->row, 16);
        }

        for (unsigned lane = 0; lane < 32; lane++)
        {
            unsigned* result = static_cast<const MatrixRows*>(warp.lane[lane]->operand)->result;
            unsigned row = lane / 4, column = lane % 4 * 2;
            for (unsigned m = 0; m < 4; m++)
            {
                std::uint16_t(*matrix)[8] = rows + m * 8;
                unsigned low = transposed ? matrix[column][row] : matrix[row][column];
                unsigned high = transposed ? matrix[column + 1][row] : matrix[row][column + 1];
                result[m] = low | high << 16;
            }
        }
    }

    static float low_half(unsigned packed)
    {
        unsigned bits = packed << 16;
        float value;
        memcpy(&value, &bits, 4);
        return value;
    }

    static float high_half(unsigned packed)
    {
        unsigned bits = packed & 0xffff0000u;
        float value;
        memcpy(&value, &bits, 4);
        return value;
    }

    void multiply_matrices(const Warp& warp)
    {
        float a[16][16], b[16][8], c[16][8];
        for (unsigned lane = 0; lane < 32; lane++)
        {
            const MatrixProduct& operand = *static_cast<const MatrixProduct*>(warp.lane[lane]->operand);
            unsigned g = lane / 4, q = lane % 4 * 2;
            for (unsigned half = 0; half < 2; half++)
            {
                a[g][q + half * 8] = low_half(operand.a[half * 2]);
                a[g][q + half * 8 + 1] = high_half(operand.a[half * 2]);
                a[g + 8][q + half * 8] = low_half(operand.a[half * 2 + 1]);
                a[g + 8][q + half * 8 + 1] = high_half(operand.a[half * 2 + 1]);
                unsigned packed = half == 0 ? operand.b0 : operand.b1;
                b[q + half * 8][g] = low_half(packed);
                b[q + half * 8 + 1][g] = high_half(packed);
                memcpy(&c[g + half * 8][q], operand.c + half * 2, 8);
            }
        }

        for (unsigned row = 0; row < 16; row++)
        {
            for (unsigned k = 0; k < 16; k++)
            {
                for (unsigned column = 0; column < 8; column++)
                {
                    c[row][column] += a[row][k] * b[k][column];
                }
            }
        }

        for (unsigned lane = 0; lane < 32; lane++)
        {
            const MatrixProduct& operand = *static_cast<const MatrixProduct*>(warp.lane[lane]->operand);
            unsigned g = lane / 4, q = lane % 4 * 2;
            memcpy(operand.c, &c[g][q], 8);
            memcpy(operand.c + 2, &c[g + 8][q], 8);
        }
    }
}
