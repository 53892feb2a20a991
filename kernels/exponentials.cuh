#pragma once
#include "common.cuh"

// e^x and the logistic function. Results that are stored as bf16 do not show the two units in the last place that the fast instructions cost.

constexpr float LOG2_E = 1.4426950408889634f;

template <typename T>
DEVICE float exponential(float x)
{
    if constexpr (sizeof(T) == sizeof(float))
    {
        return expf(x);
    }
    else
    {
        return exp2_approx(LOG2_E * x);
    }
}

// σ(x) = 1 / (1 + e^−x), also where e^−x overflows.
template <typename T>
DEVICE float sigmoid(float x)
{
    float e = exponential<T>(-x);
    if constexpr (sizeof(T) == sizeof(float))
    {
        return 1.0f / (1.0f + e);
    }
    else
    {
        return reciprocal_approx(1.0f + e);
    }
}
