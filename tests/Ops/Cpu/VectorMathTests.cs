using System.Numerics;
using LlavaCuda.Ops.Cpu;

namespace LlavaCuda.Tests.Ops.Cpu;

public sealed class VectorMathTests
{
    [Fact]
    public void Exp_NormalResults_IsWithinTolerance()
    {
        double worst = 0;
        float worstAt = 0;
        for (int i = -87_300_00; i <= 88_700_00; i += 7)
        {
            float x = i * 1e-5f;
            double expected = Math.Exp(x);
            double error = Math.Abs(Exp(x) - expected) / expected;
            if (!(error <= worst))
            {
                worst = error;
                worstAt = x;
            }
        }

        Assert.True(worst < 1.5e-7, $"exp({worstAt:R}) is {worst:E2} off.");
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(-200f, 0f)]
    [InlineData(-104f, 0f)]
    [InlineData(88.73f, float.PositiveInfinity)]
    [InlineData(float.MaxValue, float.PositiveInfinity)]
    [InlineData(float.MinValue, 0f)]
    [InlineData(float.NaN, float.NaN)]
    public void Exp_Edges_AreExact(float x, float expected) => Assert.Equal(expected, Exp(x));

    [Theory]
    [InlineData(-88f)]
    [InlineData(-95.5f)]
    [InlineData(-103f)]
    public void Exp_SubnormalResult_IsWithinOneStep(float x) => Assert.Equal(Math.Exp(x), Exp(x), 1.5 * float.Epsilon);

    private static float Exp(float x)
    {
        Vector<float> y = VectorMath.Exp(new Vector<float>(x));
        Assert.Equal(y, new Vector<float>(y[0]));
        return y[0];
    }
}
