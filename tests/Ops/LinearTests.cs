using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class LinearTests(Bed bed)
{
    public static TheoryData<int, int, int> Sizes
    {
        get
        {
            TheoryData<int, int, int> sizes = [];
            foreach (int rows in (int[])[1, 7, 63, 64, 65, 127, 129, 200, 577])
            {
                sizes.Add(rows, 17, 100);
                sizes.Add(rows, 100, 3);
            }

            sizes.Add(65, 1, 1);
            sizes.Add(1, 1024, 1024);
            sizes.Add(7, 1024, 300);
            sizes.Add(65, 16, 1024);
            sizes.Add(7, 63, 129);
            sizes.Add(129, 65, 7);

            // Up to 8 rows have kernels of their own, where the inputs fill vectors of 16 bytes.
            for (int rows = 1; rows <= 9; rows++)
            {
                sizes.Add(rows, 200, 33);
            }

            sizes.Add(1, 8, 1);
            sizes.Add(2, 24, 15);
            sizes.Add(3, 64, 17);
            sizes.Add(4, 600, 20);
            sizes.Add(5, 1032, 16);
            sizes.Add(6, 1544, 5);
            sizes.Add(8, 2056, 31);
            return sizes;
        }
    }

    [Fact]
    public void Forward_HandValue_IsExact()
    {
        using OpTest test = new(bed);
        Tensor y = test.Poisoned(2, 3);
        Tensor x = test.Floats([1, 2, 3, 4], 2, 2);
        Tensor w = test.Floats([1, 0, 0, 1, 2, -1], 3, 2);
        Linear.Forward(test.Device, y, x, w);
        Assert.Equal([1, 2, 0, 3, 4, 2], test.Read(y));
        Linear.Forward(test.Device, y, x, w, test.Floats([10, 20, 30], 3));
        Assert.Equal([11, 22, 30, 13, 24, 32], test.Read(y));
    }

    [Fact]
    public void Backward_HandValue_IsExact()
    {
        using OpTest test = new(bed);
        Tensor dy = test.Floats([1, 0, 2, 0, 1, 3], 2, 3);
        Tensor dx = test.Poisoned(2, 2);
        Linear.BackwardInput(test.Device, dx, dy, test.Floats([1, 0, 0, 1, 2, -1], 3, 2));
        Assert.Equal([5, -2, 6, -2], test.Read(dx));
        Tensor dw = test.PoisonedSingles(3, 2);
        Linear.BackwardWeight(test.Device, dw, dy, test.Floats([1, 2, 3, 4], 2, 2), accumulate: false);
        Assert.Equal([1, 2, 3, 4, 11, 16], test.Read(dw));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void ForwardBackward_AnySize_AgreeWithDouble(int rows, int inputs, int outputs)
    {
        float[] x = bed.Normal(1, (long)rows * inputs);
        float[] w = bed.Normal(2, (long)outputs * inputs);
        float[] bias = bed.Normal(3, outputs);
        float[] dy = bed.Normal(4, (long)rows * outputs);
        double[] product = new double[dy.Length];
        double[] dx = new double[x.Length];
        double[] dw = new double[w.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int output = 0; output < outputs; output++)
            {
                int at = (row * outputs) + output;
                for (int input = 0; input < inputs; input++)
                {
                    double from = x[(row * inputs) + input];
                    double weight = w[(output * inputs) + input];
                    product[at] += from * weight;
                    dx[(row * inputs) + input] += dy[at] * weight;
                    dw[(output * inputs) + input] += dy[at] * from;
                }
            }
        }

        using OpTest test = new(bed);
        Tensor xs = test.Floats(x, rows, inputs);
        Tensor ws = test.Floats(w, outputs, inputs);
        Tensor dys = test.Floats(dy, rows, outputs);
        Tensor y = test.Poisoned(rows, outputs);
        Linear.Forward(test.Device, y, xs, ws);
        test.AssertClose(product, test.Read(y), Tolerance.Product, "y");
        test.Poison(y);
        Linear.Forward(test.Device, y, xs, ws, test.Floats(bias, outputs));
        test.AssertClose([.. product.Select((value, i) => value + bias[i % outputs])], test.Read(y), Tolerance.Product, "y with a bias");

        Tensor dxs = test.Poisoned(rows, inputs);
        Linear.BackwardInput(test.Device, dxs, dys, ws);
        test.AssertClose(dx, test.Read(dxs), Tolerance.ProductGradient, "dx");
        Linear.BackwardInput(test.Device, dxs, dys, ws, accumulate: true);
        test.AssertClose([.. dx.Select(value => 2 * value)], test.Read(dxs), Tolerance.ProductGradient, "dx, twice");

        Tensor dws = test.PoisonedSingles(outputs, inputs);
        Linear.BackwardWeight(test.Device, dws, dys, xs, accumulate: false);
        test.AssertClose(dw, test.Read(dws), Tolerance.WeightGradient, "dw");
        Linear.BackwardWeight(test.Device, dws, dys, xs, accumulate: true);
        test.AssertClose([.. dw.Select(value => 2 * value)], test.Read(dws), Tolerance.WeightGradient, "dw, twice");
    }

    [Fact]
    public void ForwardBackward_NoRows_GiveZeroWeightGradient()
    {
        using OpTest test = new(bed);
        Tensor none = test.Poisoned(0, 3);
        Tensor w = test.Poisoned(3, 3);
        Tensor dw = test.PoisonedSingles(3, 3);
        Linear.Forward(test.Device, none, none, w);
        Linear.BackwardInput(test.Device, none, none, w);
        Linear.BackwardWeight(test.Device, dw, none, none, accumulate: false);
        Assert.Equal(new float[9], test.Read(dw));
    }

    [Fact]
    public void ForwardBackward_AnyThreads_GiveTheSameBits()
    {
        float[] x = bed.Normal(1, 130 * 600);
        float[] w = bed.Normal(2, 90 * 600);
        OpTest.AssertSameBits(bed, test =>
        {
            Tensor xs = test.Floats(x, 130, 600);
            Tensor ws = test.Floats(w, 90, 600);
            Tensor y = test.Poisoned(130, 90);
            Tensor dx = test.Poisoned(130, 600);
            Tensor dw = test.PoisonedSingles(90, 600);
            Linear.Forward(test.Device, y, xs, ws);
            Linear.BackwardInput(test.Device, dx, y, ws);
            Linear.BackwardWeight(test.Device, dw, y, xs, accumulate: false);
            return [.. test.Read(y), .. test.Read(dx), .. test.Read(dw)];
        });
    }

    [Fact]
    public void ForwardBackward_Warm_AllocateNothing()
    {
        using OpTest test = new(bed);
        Tensor x = test.Floats(bed.Normal(1, 130 * 200), 130, 200);
        Tensor w = test.Floats(bed.Normal(2, 90 * 200), 90, 200);
        Tensor y = test.Poisoned(130, 90);
        Tensor dw = test.Singles(new float[90 * 200], 90, 200);
        Allocations.AssertNone(() =>
        {
            Linear.Forward(test.Device, y, x, w);
            Linear.BackwardInput(test.Device, x, y, w);
            Linear.BackwardWeight(test.Device, dw, y, x, accumulate: true);
        });
    }

    [Fact]
    public void ForwardBackward_WrongExtents_NameBoth()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(2, 4);
        Tensor w = test.Poisoned(3, 4);
        Tensor y = test.Poisoned(2, 3);
        string message = Assert.Throws<ArgumentException>("w", () => Linear.Forward(test.Device, y, x, test.Poisoned(3, 5))).Message;
        Assert.Contains("[3, 5]", message, StringComparison.Ordinal);
        Assert.Contains("[3, 4]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("y", () => Linear.Forward(test.Device, x, x, w));
        Assert.Throws<ArgumentException>("bias", () => Linear.Forward(test.Device, y, x, w, test.Poisoned(4)));
        Assert.Throws<ArgumentException>("w", () => Linear.BackwardInput(test.Device, x, y, x));
        Assert.Throws<ArgumentException>("dx", () => Linear.BackwardInput(test.Device, y, y, w));
        Assert.Throws<ArgumentException>("x", () => Linear.BackwardWeight(test.Device, test.PoisonedSingles(3, 4), y, w, accumulate: false));
        Assert.Throws<ArgumentException>("dw", () => Linear.BackwardWeight(test.Device, test.PoisonedSingles(2, 3), y, x, accumulate: false));
    }
}

public sealed class LinearCpuTests() : LinearTests(Bed.Cpu)
{
    [Fact]
    public void Backward_FiniteDifferences_Agree()
    {
        float[] x = OpTest.Normal(1, 5 * 7);
        float[] w = OpTest.Normal(2, 3 * 7);
        float[] bias = OpTest.Normal(3, 3);
        float[] dy = OpTest.Normal(4, 5 * 3);
        using OpTest test = new(Bed.Cpu);
        Tensor xs = test.Floats(x, 5, 7);
        Tensor ws = test.Floats(w, 3, 7);
        Tensor biases = test.Floats(bias, 3);
        Tensor dys = test.Floats(dy, 5, 3);
        Tensor y = test.Poisoned(5, 3);
        Tensor dx = test.Poisoned(5, 7);
        Tensor dw = test.PoisonedSingles(3, 7);
        Tensor db = test.PoisonedSingles(3);
        Linear.BackwardInput(test.Device, dx, dys, ws);
        Linear.BackwardWeight(test.Device, dw, dys, xs, accumulate: false);
        ColumnSum.Backward(test.Device, db, dys, accumulate: false);
        FiniteDifferences.AssertGradient(test.Read(dx), x, values => Loss(xs, values), "dx");
        FiniteDifferences.AssertGradient(test.Read(dw), w, values => Loss(ws, values), "dw");
        FiniteDifferences.AssertGradient(test.Read(db), bias, values => Loss(biases, values), "db");

        double Loss(Tensor moved, float[] values)
        {
            float[] kept = test.Read(moved);
            test.Write(moved, values);
            Linear.Forward(test.Device, y, xs, ws, biases);
            test.Write(moved, kept);
            return FiniteDifferences.Weighted(test.Read(y), dy);
        }
    }
}

[Trait("Category", "Emulator")]
public sealed class LinearCudaTests() : LinearTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class LinearBf16Tests() : LinearTests(Bed.CudaBf16);
