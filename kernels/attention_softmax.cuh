#pragma once
#include "attention_tiles.cuh"

// The running softmax of a lane's rows. Maxima are of the scores before scaling and the same in the four lanes of a row; totals are the lane's own part until the end.
template <int MT>
struct RowSoftmax
{
    float maximum[MT][2];
    float total[MT][2];

    // A finite bottom: rows that see nothing of their first tile keep it, and what comes of that (weights of 2^-inf = 0) needs no special case.
    DEVICE RowSoftmax()
    {
#pragma unroll
        for (int i = 0; i < MT; i++)
        {
            maximum[i][0] = maximum[i][1] = -1e30f;
            total[i][0] = total[i][1] = 0.0f;
        }
    }

    // Turns a tile's scores into weights, and puts earlier sums under the new maximum.
    template <int NT, int DT>
    DEVICE void update(float (&s)[MT][NT][4], float (&sums)[MT][DT][4], float scale_log2)
    {
        float correction[MT][2];
        bool moved = false;
#pragma unroll
        for (int i = 0; i < MT; i++)
        {
#pragma unroll
            for (int r = 0; r < 2; r++)
            {
                float m = maximum[i][r];
#pragma unroll
                for (int j = 0; j < NT; j++)
                {
                    m = fmaxf(m, fmaxf(s[i][j][r * 2], s[i][j][r * 2 + 1]));
                }

                m = fmaxf(m, __shfl_xor_sync(FULL_WARP, m, 1));
                m = fmaxf(m, __shfl_xor_sync(FULL_WARP, m, 2));
                moved |= m != maximum[i][r];
                correction[i][r] = exp2_approx((maximum[i][r] - m) * scale_log2);
                maximum[i][r] = m;
                float shift = m * scale_log2;
                float part = 0.0f;
#pragma unroll
                for (int j = 0; j < NT; j++)
                {
                    s[i][j][r * 2] = exp2_approx(s[i][j][r * 2] * scale_log2 - shift);
                    s[i][j][r * 2 + 1] = exp2_approx(s[i][j][r * 2 + 1] * scale_log2 - shift);
                    part += s[i][j][r * 2] + s[i][j][r * 2 + 1];
                }

                total[i][r] = total[i][r] * correction[i][r] + part;
            }
        }

        // Late in a long walk maxima rarely move. The branch also keeps the sums above apart from the product below: without it the compiler holds weights in fp32 and bf16 side by
        // side, and spills.
        if (__any_sync(FULL_WARP, moved))
        {
#pragma unroll
            for (int i = 0; i < MT; i++)
            {
#pragma unroll
                for (int j = 0; j < DT; j++)
                {
                    sums[i][j][0] *= correction[i][0];
                    sums[i][j][1] *= correction[i][0];
                    sums[i][j][2] *= correction[i][1];
                    sums[i][j][3] *= correction[i][1];
                }
            }
        }
    }

    // Joins the four parts of each row's total.
    DEVICE void finish()
    {
#pragma unroll
        for (int i = 0; i < MT; i++)
        {
#pragma unroll
            for (int r = 0; r < 2; r++)
            {
                total[i][r] += __shfl_xor_sync(FULL_WARP, total[i][r], 1);
                total[i][r] += __shfl_xor_sync(FULL_WARP, total[i][r], 2);
            }
        }
    }

    // lse of the warp's first row is the target; valid rows are written.
    DEVICE void store(float* lse, int valid, float scale) const
    {
#pragma unroll
        for (int i = 0; i < MT; i++)
        {
#pragma unroll
            for (int r = 0; r < 2; r++)
            {
                int row = i * 16 + lane_group() + r * 8;
                if (lane_quad() == 0 && row < valid)
                {
                    lse[row] = maximum[i][r] * scale + logf(total[i][r]);
                }
            }
        }
    }
};
