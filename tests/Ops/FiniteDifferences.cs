namespace LlavaCuda.Tests.Ops;

/// <summary>Gradients by central differences, to check backward passes against their own forward passes.</summary>
internal static class FiniteDifferences
{
    /// <summary>
    /// Compares a gradient with differences of the loss. With steps of a hundredth, the rounding of single precision and the curvature of the tests' functions leave a relative L2 error near 1e-4.
    /// </summary>
    /// <param name="gradient">What the backward pass gave.</param>
    /// <param name="values">Where.</param>
    /// <param name="loss">A scalar function of the values.</param>
    /// <param name="what">For the message.</param>
    internal static void AssertGradient(float[] gradient, float[] values, Func<float[], double> loss, string what)
    {
        const float Step = 0.01f;
        const double Tolerance = 5e-4;
        double[] expected = new double[values.Length];
        float[] moved = [.. values];
        for (int i = 0; i < values.Length; i++)
        {
            float above = values[i] + Step;
            float below = values[i] - Step;
            moved[i] = above;
            double change = loss(moved);
            moved[i] = below;
            change -= loss(moved);
            moved[i] = values[i];
            expected[i] = change / ((double)above - below);
        }

        Closeness.Assert(expected, gradient, Tolerance, what);
    }

    /// <summary>A scalar whose gradient with respect to the outputs is the weights.</summary>
    internal static double Weighted(float[] outputs, float[] weights)
    {
        double sum = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            sum += (double)outputs[i] * weights[i];
        }

        return sum;
    }
}
