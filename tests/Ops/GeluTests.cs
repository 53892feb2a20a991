using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public sealed class GeluTests
{
    private static readonly ActivationCheck Check = new(Gelu.Forward, Gelu.Backward, x => x * Normal.Cumulative(x), x => Normal.Cumulative(x) + (x * Normal.Density(x)));

    public static TheoryData<int, int> Sizes => OpSizes.RowsAndWidths();

    [Fact]
    public void Forward_HandValues_Agree()
    {
        using OpTest test = new();
        Tensor y = test.Poisoned(1, 6);
        Gelu.Forward(test.Device, y, test.Floats([0, 1, -1, 3, -200, 200], 1, 6));
        OpTest.AssertClose([0, 0.84134474606854293, -0.15865525393145707, 2.9959503059006837, 0, 200], test.Read(y), 1e-7, "y");
    }

    /// <summary>The tails keep their relative accuracy: 1 + erf would have lost it from −3 on.</summary>
    [Fact]
    public void Forward_EveryHundredth_IsAccurateRelativeToItself()
    {
        float[] values = [.. Enumerable.Range(-1300, 2601).Select(i => i * 0.01f)];
        using OpTest test = new();
        Tensor y = test.Poisoned(1, values.Length);
        Gelu.Forward(test.Device, y, test.Floats(values, 1, values.Length));
        float[] actual = test.Read(y);
        for (int i = 0; i < values.Length; i++)
        {
            double expected = values[i] * Normal.Cumulative(values[i]);
            double error = Math.Abs(actual[i] - expected);
            Assert.True(error <= 4e-7 * Math.Abs(expected), $"GELU({values[i]:R}) is {actual[i]:R}, expected {expected:R}.");
        }
    }

    [Fact]
    public void ForwardBackward_NotANumber_Stays()
    {
        using OpTest test = new();
        Tensor x = test.Floats([float.NaN, 1], 1, 2);
        Tensor y = test.Floats([0, 0], 1, 2);
        Gelu.Forward(test.Device, y, x);
        Assert.Equal([true, false], test.Read(y).Select(float.IsNaN));
        Gelu.Backward(test.Device, y, x, x);
        Assert.Equal([true, false], test.Read(y).Select(float.IsNaN));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void ForwardBackward_AnySize_AgreeWithDouble(int rows, int width) => Check.AgreesWithDouble(rows, width);

    [Fact]
    public void Backward_FiniteDifferences_Agree() => Check.AgreesWithFiniteDifferences();

    [Fact]
    public void ForwardBackward_AnyThreads_GiveTheSameBits() => Check.GivesTheSameBitsOnAnyThreads();

    [Fact]
    public void ForwardBackward_Warm_AllocateNothing() => Check.AllocatesNothing();

    [Fact]
    public void ForwardBackward_WrongExtents_NameBoth() => Check.NamesBothExtents();
}
