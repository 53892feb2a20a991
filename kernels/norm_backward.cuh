#pragma once
#include "norm_forward.cuh"

// Gradients of the norms. Block b takes rows b, b + blocks, ...; a thread owns the same NORM_COLUMNS columns of all of them, so that its sums over rows stay in registers. The next
// row's vectors are under way while one is reduced, and there is one barrier a row. Each block leaves its sums, [blocks][width] for the gain and behind them as many for the shift;
// column_combine adds them up in order. The number of blocks follows from rows and width alone, so that the bits do not depend on the GPU.

constexpr int NORM_COLUMNS = 16;

// Twice the registers wait for single-precision rows.
template <bool Centered, typename T>
constexpr int NORM_BACKWARD_THREADS = sizeof(T) == 4 ? 384 : Centered ? 512 : 640;

// What a thread reads of a row, and how much is under way. Zeros behind the end of the row.
template <typename T>
struct NormRow
{
    static constexpr int N = Vector<T>::width;
    static constexpr int vectors = NORM_COLUMNS / N;
    u32x4 dy[vectors], x[vectors];
    float mean, rstd;

    static DEVICE int column(int vector) { return norm_column<N>(0, vector); }
};

template <bool Centered, typename T>
DEVICE void norm_fetch(NormRow<T>& now, const T* dy, const T* x, const float* mean, const float* rstd, i64 row, int width)
{
    now.rstd = rstd[row];
    now.mean = Centered ? mean[row] : 0.0f;
#pragma unroll
    for (int k = 0; k < NormRow<T>::vectors; k++)
    {
        int i = NormRow<T>::column(k);
        if (i < width)
        {
            now.dy[k] = load_16_stream(dy + row * width + i);
            now.x[k] = load_16_stream(x + row * width + i);
        }
    }
}

// Sums of a thread's columns over the block's rows.
template <typename T>
DEVICE void norm_leave(float* partials, const float (&sums)[NormRow<T>::vectors][NormRow<T>::N], int width)
{
#pragma unroll
    for (int k = 0; k < NormRow<T>::vectors; k++)
    {
        int i = NormRow<T>::column(k);
        if (i < width)
        {
#pragma unroll
            for (int j = 0; j < NormRow<T>::N; j += 4)
            {
                store_16(partials + i + j, Vector<float>::pack(&sums[k][j]));
            }
        }
    }
}

// The input's gradient of one element, from g = dy w, the normalised value and the row's means of g x̂ and g.
DEVICE float norm_slope(float g, float normal, float r, float meanProduct, float meanGradient) { return r * (g - meanGradient - normal * meanProduct); }

// Rows whose width is a multiple of 16 bytes and fits the block. partials, y, mean and b may be null.
template <bool Centered, typename T>
DEVICE void norm_backward(T* dres, float* partials, T* y, const T* dy, const T* x, const float* mean, const float* rstd, const T* w, const T* b, i64 rows, int width)
{
    using Row = NormRow<T>;
    constexpr int N = Row::N;
    constexpr int V = Row::vectors;
    constexpr int Sums = Centered ? 2 : 1;
    float* slots = (float*)shared_memory();
    int set = 0;
    float dw[V][N] = {};
    float db[V][N] = {};
    Row now = {};
    norm_fetch<Centered>(now, dy, x, mean, rstd, blockIdx.x, width);
    for (i64 row = blockIdx.x; row < rows; row += gridDim.x)
    {
        const float r = now.rstd;
        float g[V][N], normal[V][N];
        float sums[Sums] = {};
        u32x4 old[V];
#pragma unroll
        for (int k = 0; k < V; k++)
        {
            float gain[N] = {};
            if (Row::column(k) < width)
            {
                load(w + Row::column(k), gain);
                old[k] = load_16(dres + row * width + Row::column(k));
            }

            Vector<T>::unpack(now.dy[k], g[k]);
            Vector<T>::unpack(now.x[k], normal[k]);
#pragma unroll
            for (int j = 0; j < N; j++)
            {
                normal[k][j] = (normal[k][j] - now.mean) * r;
                dw[k][j] += g[k][j] * normal[k][j];
                db[k][j] += g[k][j];
                g[k][j] *= gain[j];
                sums[0] += g[k][j] * normal[k][j];
                if constexpr (Centered)
                {
                    sums[1] += g[k][j];
                }
            }
        }

        if (row + gridDim.x < rows)
        {
            norm_fetch<Centered>(now, dy, x, mean, rstd, row + gridDim.x, width);
        }

        block_sums(sums, slots + set);
        set ^= Sums * (blockDim.x / 32);
        const float meanProduct = sums[0] / width;
        const float meanGradient = Centered ? sums[Sums - 1] / width : 0.0f;
#pragma unroll
        for (int k = 0; k < V; k++)
        {
            int i = Row::column(k);
            if (i < width)
            {
                float values[N];
                Vector<T>::unpack(old[k], values);
#pragma unroll
                for (int j = 0; j < N; j++)
                {
                    values[j] += norm_slope(g[k][j], normal[k][j], r, meanProduct, meanGradient);
                }

                store(dres + row * width + i, values);
                if (y != nullptr)
                {
                    float gain[N], shift[N];
                    load(w + i, gain);
                    if constexpr (Centered)
                    {
                        load(b + i, shift);
                    }

#pragma unroll
                    for (int j = 0; j < N; j++)
                    {
                        values[j] = norm_scaled<Centered, T>(normal[k][j], gain[j], Centered ? shift[j] : 0.0f);
                    }

                    store(y + row * width + i, values);
                }
            }
        }
    }

    if (partials != nullptr)
    {
        norm_leave<T>(partials + (i64)blockIdx.x * width, dw, width);
        if constexpr (Centered)
        {
            norm_leave<T>(partials + ((i64)gridDim.x + blockIdx.x) * width, db, width);
        }
    }
}

// The same for any width, one element after the other: rows are read twice, and the sums over rows stay in the block's partials.
template <bool Centered, typename T>
DEVICE void norm_backward_any(T* dres, float* partials, T* y, const T* dy, const T* x, const float* mean, const float* rstd, const T* w, const T* b, i64 rows, int width)
{
    constexpr int Sums = Centered ? 2 : 1;
    float* slots = (float*)shared_memory();
    float* dw = partials + (i64)blockIdx.x * width;
    float* db = dw + (i64)gridDim.x * width;
    int set = 0;
    for (i64 row = blockIdx.x; row < rows; row += gridDim.x)
    {
        const i64 start = row * width;
        const float r = rstd[row];
        const float m = Centered ? mean[row] : 0.0f;
        float sums[Sums] = {};
        for (int i = threadIdx.x; i < width; i += blockDim.x)
        {
            float g = to_float(dy[start + i]) * to_float(w[i]);
            sums[0] += g * ((to_float(x[start + i]) - m) * r);
            if constexpr (Centered)
            {
                sums[1] += g;
            }
        }

        block_sums(sums, slots + set);
        set ^= Sums * (blockDim.x / 32);
        const float meanProduct = sums[0] / width;
        const float meanGradient = Centered ? sums[Sums - 1] / width : 0.0f;
        for (int i = threadIdx.x; i < width; i += blockDim.x)
        {
            float gradient = to_float(dy[start + i]);
            float gain = to_float(w[i]);
            float normal = (to_float(x[start + i]) - m) * r;
            float slope = norm_slope(gradient * gain, normal, r, meanProduct, meanGradient);
            dres[start + i] = Vector<T>::store(to_float(dres[start + i]) + slope);
            if (y != nullptr)
            {
                y[start + i] = Vector<T>::store(norm_scaled<Centered, T>(normal, gain, Centered ? to_float(b[i]) : 0.0f));
            }

            if (partials != nullptr)
            {
                // The first row of the block finds what an earlier op has left there.
                bool begun = row != blockIdx.x;
                dw[i] = (begun ? dw[i] : 0.0f) + gradient * normal;
                if constexpr (Centered)
                {
                    db[i] = (begun ? db[i] : 0.0f) + gradient;
                }
            }
        }
    }
}
