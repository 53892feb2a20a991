namespace LlavaCuda.Tests.Emulation;

/// <summary>Kernels for the tests of the emulator: small ones that are right, and those with the mistakes that it has to find.</summary>
internal static class EmulatorKernels
{
    /// <summary>The file that messages name.</summary>
    internal const string FileName = "emulator_tests.cu";

    /// <summary>The source. Messages name its lines: <see cref="LineOf"/>.</summary>
    internal const string Source = """
        #include "common.cuh"

        // ---- right ----

        template <int N>
        __global__ void __launch_bounds__(128) scale(float* y, const float* x, float factor, i64 count)
        {
            i64 i = ((i64)blockIdx.x * 128 + threadIdx.x) * N;
            if (i + N <= count)
            {
                float v[N];
                load<N>(x + i, v);
                for (int j = 0; j < N; j++)
                {
                    v[j] *= factor;
                }
                store<N>(y + i, v);
            }
        }

        template <int Threads>
        __global__ void __launch_bounds__(Threads) row_sum(float* y, const float* x, int width)
        {
            float sum = 0.0f;
            for (int i = threadIdx.x; i < width; i += Threads)
            {
                sum += x[(i64)blockIdx.x * width + i];
            }
            sum = block_sum<Threads>(sum, reinterpret_cast<float*>(shared_memory()));
            if (threadIdx.x == 0)
            {
                y[blockIdx.x] = sum;
            }
        }

        __global__ void coordinates(u32* y)
        {
            u32 block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
            y[block * blockDim.x + threadIdx.x] = block << 16 | threadIdx.x;
        }

        __global__ void count(u32* counters)
        {
            atomicAdd(counters, 2u);
            atomicMax(counters + 1, blockIdx.x * blockDim.x + threadIdx.x);
        }

        __global__ void shuffles(int* y)
        {
            int lane = threadIdx.x;
            y[lane] = __shfl_sync(FULL_WARP, lane, lane + 3, 8);
            y[32 + lane] = __shfl_xor_sync(FULL_WARP, lane, 5);
            y[64 + lane] = __shfl_down_sync(FULL_WARP, lane, 4);
            y[96 + lane] = __shfl_up_sync(FULL_WARP, lane, 4, 16);
            y[128 + lane] = (int)__ballot_sync(FULL_WARP, lane % 3 == 0);
            y[160 + lane] = __any_sync(FULL_WARP, lane == 31) * 2 + __all_sync(FULL_WARP, lane < 31);
        }

        // The halves of the warp work side by side, and meet different numbers of times.
        __global__ void halves(int* y)
        {
            int lane = threadIdx.x, sum = lane;
            u32 mask = lane < 16 ? 0xffffu : 0xffff0000u;
            for (int i = 0; i < (lane < 16 ? 1 : 4); i++)
            {
                sum = __shfl_xor_sync(mask, sum, 1 << i) + sum;
            }
            __syncwarp();
            y[lane] = sum;
        }

        // c[16][8] = a[16][16] b[16][8] through shared memory and the tensor cores.
        __global__ void product(float* c, const bf16* a, const bf16* b)
        {
            bf16* tile_a = reinterpret_cast<bf16*>(shared_memory());
            bf16* tile_b = tile_a + 256;
            int lane = threadIdx.x;
            cp_async16(tile_a + lane * 8, a + lane * 8, true);
            cp_async16(tile_b + lane * 8, b + (lane < 16 ? lane * 8 : 0), lane < 16);
            cp_async_commit();
            cp_async_wait<0>();
            __syncwarp();
            u32 fragment_a[4], fragment_b[4];
            ldmatrix_x4(fragment_a, tile_a + lane % 16 * 16 + lane / 16 * 8);
            ldmatrix_x4_transposed(fragment_b, tile_b + lane * 8);
            float sum[4] = {};
            mma_m16n8k16(sum, fragment_a, fragment_b[0], fragment_b[1]);
            int row = lane / 4, column = lane % 4 * 2;
            c[row * 8 + column] = sum[0];
            c[row * 8 + column + 1] = sum[1];
            c[(row + 8) * 8 + column] = sum[2];
            c[(row + 8) * 8 + column + 1] = sum[3];
        }

        // ---- wrong: memory ----

        __global__ void write_behind(float* y, int index) { y[threadIdx.x == 40 ? index : 0] = 1.0f; }
        __global__ void read_behind(float* y, const float* x, int index) { y[0] = x[index]; }
        __global__ void write_shared(float* y, int index)
        {
            float* shared = reinterpret_cast<float*>(shared_memory());
            shared[index] = 1.0f;
            y[0] = shared[0];
        }
        __global__ void read_local(float* y, int from)
        {
            float values[4];
            for (int i = from; i < 4; i++)
            {
                values[i] = 0.0f;
            }

            y[threadIdx.x] = values[threadIdx.x % 4];
        }

        __global__ void read_shared(float* y)
        {
            float* shared = reinterpret_cast<float*>(shared_memory());
            y[blockIdx.x * blockDim.x + threadIdx.x] = shared[threadIdx.x];
            shared[threadIdx.x] = 1.0f;
        }
        __global__ void misaligned_vector(u32* y) { store_16(y + threadIdx.x, u32x4{1, 2, 3, 4}); }
        __global__ void misaligned_word(char* y, int offset) { *reinterpret_cast<u32*>(y + offset) = 1u; }
        __global__ void misaligned_matrix(u32* y)
        {
            u32 r[4];
            ldmatrix_x4(r, shared_memory() + threadIdx.x * 8);
            y[threadIdx.x] = r[0];
        }
        template <int Space>
        __global__ void wrong_space(float* y)
        {
            u32x4 local{};
            char* shared = shared_memory();
            if (Space == 0)
            {
                local = load_16(shared); // shared as global
            }
            else if (Space == 1)
            {
                local = load_16_stream(&local); // local as global
            }
            else if (Space == 2)
            {
                local = load_shared_16(y); // global as shared
            }
            else
            {
                cp_async16(shared, shared + 16, true); // shared as source
            }
            y[0] = (float)local.x;
        }
        __global__ void deep(float* y)
        {
            volatile float local[40000];
            local[threadIdx.x] = 1.0f;
            y[0] = local[threadIdx.x];
        }
        __global__ void divide(int* y, int by) { y[0] = 7 / by; }

        // ---- wrong: barriers ----

        template <int Barrier>
        __global__ void reversed(float* y)
        {
            float* shared = reinterpret_cast<float*>(shared_memory());
            shared[threadIdx.x] = (float)threadIdx.x;
            if (Barrier)
            {
                __syncthreads();
            }
            y[threadIdx.x] = shared[blockDim.x - 1 - threadIdx.x];
        }

        // The next thread's copy: visible behind its wait and a barrier.
        template <int Wait, int Barrier>
        __global__ void copied(float* y, const float* x)
        {
            float* shared = reinterpret_cast<float*>(shared_memory());
            cp_async16(shared + threadIdx.x * 4, x + threadIdx.x * 4, threadIdx.x != 5);
            cp_async_commit();
            if (Wait)
            {
                cp_async_wait<0>();
            }
            if (Barrier)
            {
                __syncthreads();
            }
            y[threadIdx.x] = shared[(threadIdx.x + 1) % blockDim.x * 4];
            cp_async_wait<0>();
        }

        // Threads below 3 wait for the first of their two groups only.
        __global__ void left_with_copies(const float* x)
        {
            char* shared = shared_memory() + threadIdx.x * 32;
            cp_async16(shared, x, true);
            cp_async_commit();
            cp_async16(shared + 16, x, false); // under way
            cp_async_commit();
            if (threadIdx.x < 3)
            {
                cp_async_wait<1>();
            }
            else
            {
                cp_async_wait<0>();
            }
        }

        __global__ void left_before_barrier(float* y)
        {
            if (threadIdx.x >= 40)
            {
                return;
            }
            __syncthreads(); // early
            y[threadIdx.x] = 1.0f;
        }

        __global__ void divergent_barrier(float* y)
        {
            if (threadIdx.x < 7)
            {
                __syncthreads(); // few
            }
            else
            {
                __syncthreads(); // many
            }
            y[threadIdx.x] = 1.0f;
        }

        __global__ void barrier_and_warp(float* y)
        {
            if (threadIdx.x < 16)
            {
                __syncwarp(); // half
            }
            __syncthreads(); // all
            y[threadIdx.x] = 1.0f;
        }

        // ---- wrong: masks ----

        __global__ void mask_without_self(int* y) { y[threadIdx.x] = __shfl_sync(0xfffffffeu, 1, 1); }
        __global__ void mask_of_missing(int* y) { y[threadIdx.x] = __shfl_sync(FULL_WARP, 1, 1); }
        __global__ void mask_of_left(int* y)
        {
            if (threadIdx.x < 3)
            {
                return;
            }
            y[threadIdx.x] = __shfl_sync(FULL_WARP, 1, 1);
        }
        __global__ void masks_differ(int* y) { y[threadIdx.x] = __shfl_sync(threadIdx.x < 3 ? 0xfffeffffu : FULL_WARP, 1, 20); }
        __global__ void collectives_differ(int* y)
        {
            if (threadIdx.x < 16)
            {
                y[threadIdx.x] = __any_sync(FULL_WARP, 1);
            }
            else
            {
                y[threadIdx.x] = __all_sync(FULL_WARP, 1);
            }
        }

        """;

    /// <summary>Every instance, compiled together.</summary>
    internal static readonly string[] Expressions =
    [
        "scale<1>", "scale<4>", "row_sum<32>", "row_sum<128>", "coordinates", "count", "shuffles", "halves", "product", "write_behind", "read_behind", "write_shared", "read_shared", "read_local",
        "misaligned_vector", "misaligned_word", "misaligned_matrix", "wrong_space<0>", "wrong_space<1>", "wrong_space<2>", "wrong_space<3>", "deep", "divide", "reversed<0>", "reversed<1>", "copied<1, 1>", "copied<0, 1>", "copied<1, 0>", "left_with_copies",
        "left_before_barrier", "divergent_barrier", "barrier_and_warp", "mask_without_self", "mask_of_missing", "mask_of_left", "masks_differ", "collectives_differ",
    ];

    /// <summary>The place of a line, as messages name it.</summary>
    /// <param name="part">Something that only this line has.</param>
    /// <returns>File and line.</returns>
    internal static string LineOf(string part)
    {
        string[] lines = Source.Split('\n');
        int line = Array.FindIndex(lines, text => text.Contains(part, StringComparison.Ordinal));
        Assert.True(line >= 0, part);
        return $"{FileName}:{line + 1}";
    }
}
