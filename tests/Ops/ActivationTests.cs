using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

/// <summary>What every activation of one number must pass: its formula at all sizes, in place, with the same bits in any order, without garbage, and its contract.</summary>
/// <param name="bed">Where.</param>
/// <param name="forward">The op: device, y, x.</param>
/// <param name="backward">The op: device, dx, dy, x.</param>
/// <param name="value">The function in double precision.</param>
/// <param name="slope">Its derivative in double precision.</param>
public abstract class ActivationTests(
    Bed bed, Action<Device, Tensor, Tensor> forward, Action<Device, Tensor, Tensor, Tensor> backward, Func<double, double> value, Func<double, double> slope)
{
    public static TheoryData<int, int> Sizes => OpSizes.RowsAndWidths();

    [Theory]
    [MemberData(nameof(Sizes))]
    public void ForwardBackward_AnySize_AgreeWithDouble(int rows, int width)
    {
        float[] values = bed.Normal(1, (long)rows * width, 3);
        float[] gradients = bed.Normal(2, (long)rows * width);
        double[] expected = [.. values.Select(x => value(x))];
        double[] expectedGradients = [.. values.Zip(gradients, (x, dy) => dy * slope(x))];
        using OpTest test = new(bed);
        Tensor x = test.Floats(values, rows, width);
        Tensor dy = test.Floats(gradients, rows, width);
        Tensor y = test.Poisoned(rows, width);
        foreach (Tensor dx in (Tensor[])[y, dy])
        {
            backward(test.Device, dx, dy, x);
            test.AssertClose(expectedGradients, test.Read(dx), Tolerance.ElementwiseGradient, "dx");
        }

        test.Poison(y);
        foreach (Tensor target in (Tensor[])[y, x])
        {
            forward(test.Device, target, x);
            test.AssertClose(expected, test.Read(target), Tolerance.Elementwise, "y");
        }
    }

    [Fact]
    public void ForwardBackward_AnyThreads_GiveTheSameBits()
    {
        float[] values = bed.Normal(1, 77 * 1001);
        OpTest.AssertSameBits(bed, test =>
        {
            Tensor x = test.Floats(values, 77, 1001);
            Tensor y = test.Poisoned(77, 1001);
            Tensor dx = test.Poisoned(77, 1001);
            forward(test.Device, y, x);
            backward(test.Device, dx, y, x);
            return [.. test.Read(y), .. test.Read(dx)];
        });
    }

    [Fact]
    public void ForwardBackward_Warm_AllocateNothing()
    {
        using OpTest test = new(bed);
        Tensor x = test.Floats(bed.Normal(1, 77 * 1001), 77, 1001);
        Tensor y = test.Poisoned(77, 1001);
        Allocations.AssertNone(() =>
        {
            forward(test.Device, y, x);
            backward(test.Device, y, y, x);
        });
    }

    [Fact]
    public void ForwardBackward_WrongExtents_NameBoth()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(2, 4);
        Tensor wide = test.Poisoned(2, 5);
        string message = Assert.Throws<ArgumentException>("y", () => forward(test.Device, wide, x)).Message;
        Assert.Contains("[2, 5]", message, StringComparison.Ordinal);
        Assert.Contains("[2, 4]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("x", () => forward(test.Device, x, default));
        Assert.Throws<ArgumentException>("dx", () => backward(test.Device, wide, x, x));
        Assert.Throws<ArgumentException>("dy", () => backward(test.Device, x, wide, x));
    }

    protected void AssertFiniteDifferences()
    {
        float[] values = [.. Enumerable.Range(-40, 81).Select(i => i * 0.1f)];
        using OpTest test = new(bed);
        Tensor y = test.Poisoned(1, 81);
        Tensor x = test.Floats(values, 1, 81);
        Tensor dx = test.Poisoned(1, 81);
        float[] ones = [.. Enumerable.Repeat(1f, 81)];
        backward(test.Device, dx, test.Floats(ones, 1, 81), x);
        FiniteDifferences.AssertGradient(
            test.Read(dx),
            values,
            moved =>
            {
                test.Write(x, moved);
                forward(test.Device, y, x);
                return FiniteDifferences.Weighted(test.Read(y), ones);
            },
            "dx");
    }
}
