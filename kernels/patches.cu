#include "common.cuh"

// Pictures as rows of patches: columns[patch][(channel, line, column)] = pixels[picture][channel][y patch + line][x patch + column], zero beyond. A block has one patch, a thread
// writes 16 bytes of its row at a time; neighbouring threads read neighbouring pixels. Twin: engine/Ops/Cpu/Patches.cs.

constexpr int PATCHES_THREADS = 128;

template <typename T, int N>
__global__ void __launch_bounds__(PATCHES_THREADS) patches_forward(T* columns, const float* pixels, i32 grid, i32 patch, i32 width)
{
    u32 x = blockIdx.x % grid;
    u32 y = blockIdx.x / grid % grid;
    i64 picture = blockIdx.x / grid / grid;
    i64 edge = (i64)grid * patch;
    const float* corner = pixels + (picture * 3 * edge + y * patch) * edge + x * patch;
    T* row = columns + (i64)blockIdx.x * width;
    for (i32 start = threadIdx.x * N; start < width; start += PATCHES_THREADS * N)
    {
        i32 column = start % patch;
        i32 line = start / patch % patch;
        i32 channel = start / patch / patch;
        float values[N];
#pragma unroll
        for (int j = 0; j < N; j++)
        {
            values[j] = channel < 3 ? corner[(channel * edge + line) * edge + column] : 0.0f;
            if (++column == patch)
            {
                column = 0;
                if (++line == patch)
                {
                    line = 0;
                    channel++;
                }
            }
        }

        store(row + start, values);
    }
}
