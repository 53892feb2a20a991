using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public sealed class QuickGeluTests
{
    private static readonly ActivationCheck Check = new(QuickGelu.Forward, QuickGelu.Backward, x => x * Sigmoid(x), x => Sigmoid(x) + (1.702 * x * Sigmoid(x) * (1 - Sigmoid(x))));

    public static TheoryData<int, int> Sizes => OpSizes.RowsAndWidths();

    [Fact]
    public void Forward_HandValues_Agree()
    {
        using OpTest test = new();
        Tensor y = test.Poisoned(1, 4);
        QuickGelu.Forward(test.Device, y, test.Floats([0, 1, -200, 200], 1, 4));
        Assert.Equal(0.84579576592457795, test.Read(y)[1], 1e-7);
        Assert.Equal([0f, -0f, 200f], [test.Read(y)[0], test.Read(y)[2], test.Read(y)[3]]);
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

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-1.702 * x));
}
