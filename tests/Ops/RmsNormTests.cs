using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class RmsNormTests(Bed bed)
{
    private protected const float Epsilon = 1e-5f;

    public static TheoryData<int, int> Sizes => OpSizes.RowsAndWidths();

    [Fact]
    public void Forward_HandValue_Agrees()
    {
        using OpTest test = new(bed);
        Tensor y = test.Poisoned(1, 2);
        Tensor rstd = test.PoisonedSingles(1);
        RmsNorm.Forward(test.Device, y, rstd, default, test.Floats([3, 4], 1, 2), default, test.Floats([1, 2], 2), 0);
        test.AssertClose([0.28284271247461901], test.Read(rstd), Tolerance.Singles(1e-7, 1e-6), "rstd");
        test.AssertClose([0.84852813742385702, 2.2627416997969521], test.Read(y), Tolerance.Norm.OnCpu(1e-7), "y");
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    [InlineData(3, 5_120)]
    [InlineData(2, 9_000)]
    [InlineData(2, 16_400)]
    [InlineData(3, 3_001)]
    public void Forward_AnySize_AgreesWithDouble(int rows, int width)
    {
        Case values = new(bed, rows, width);
        using OpTest test = new(bed);
        Tensor y = test.Poisoned(rows, width);
        Tensor rstd = test.PoisonedSingles(rows);
        Tensor w = test.Floats(values.W, width);
        RmsNorm.Forward(test.Device, y, rstd, default, test.Floats(values.X, rows, width), default, w, Epsilon);
        test.AssertClose(values.Y, test.Read(y), Tolerance.Norm, "y");
        test.AssertClose(values.Rstd, test.Read(rstd), 1e-6, "rstd");

        // The same rows as a sum, once into the stream itself and once beside it.
        Tensor part = test.Floats(values.Part, rows, width);
        Tensor delta = test.Floats(values.Delta, rows, width);
        Tensor sum = test.Poisoned(rows, width);
        foreach (Tensor target in (Tensor[])[sum, part])
        {
            test.Poison(y);
            test.Poison(rstd);
            RmsNorm.Forward(test.Device, y, rstd, target, part, delta, w, Epsilon);
            Assert.Equal(values.X, test.Read(target));
            test.AssertClose(values.Y, test.Read(y), Tolerance.Norm, "y of a sum");
            test.AssertClose(values.Rstd, test.Read(rstd), 1e-6, "rstd of a sum");
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    [InlineData(300, 5_120)]
    [InlineData(2, 10_248)]
    [InlineData(600, 257)]
    public void Backward_AnySize_AgreesWithDouble(int rows, int width)
    {
        Case values = new(bed, rows, width);
        using OpTest test = new(bed);
        Tensor y = test.Poisoned(rows, width);
        Tensor dw = test.PoisonedSingles(width);
        Tensor dres = test.Floats(values.OldDres, rows, width);
        Tensor dy = test.Floats(values.Dy, rows, width);
        Tensor x = test.Floats(values.X, rows, width);
        Tensor rstd = test.Singles([.. values.Rstd.Select(r => (float)r)], rows);
        Tensor w = test.Floats(values.W, width);
        RmsNorm.Backward(test.Device, dres, dw, y, dy, x, rstd, w, accumulate: false);
        test.AssertClose(values.Y, test.Read(y), Tolerance.Norm, "y once more");
        test.AssertClose(values.NewDres, test.Read(dres), Tolerance.NormGradient, "dres");
        test.AssertClose(values.Dw, test.Read(dw), Tolerance.WeightGradient, "dw");

        RmsNorm.Backward(test.Device, dres, dw, default, dy, x, rstd, w, accumulate: true);
        test.AssertClose([.. values.Dw.Select(d => 2 * d)], test.Read(dw), Tolerance.WeightGradient, "dw, twice");

        test.Write(dres, values.OldDres);
        RmsNorm.Backward(test.Device, dres, default, default, dy, x, rstd, w, accumulate: false);
        test.AssertClose(values.NewDres, test.Read(dres), Tolerance.NormGradient, "dres, frozen");
    }

    [Fact]
    public void Backward_ManyRows_SumsExactly()
    {
        Case values = new(bed, 100_000, 5);
        using OpTest test = new(bed);
        Tensor dw = test.PoisonedSingles(5);
        Tensor rstd = test.Singles([.. values.Rstd.Select(r => (float)r)], 100_000);
        Tensor dres = test.Floats(values.OldDres, 100_000, 5);
        RmsNorm.Backward(test.Device, dres, dw, default, test.Floats(values.Dy, 100_000, 5), test.Floats(values.X, 100_000, 5), rstd, test.Floats(values.W, 5), accumulate: false);
        test.AssertClose(values.Dw, test.Read(dw), Tolerance.WeightGradient.OnCpu(1e-6), "dw");
    }

    [Fact]
    public void ForwardBackward_AnyThreads_GiveTheSameBits()
    {
        Case values = new(bed, 300, 300);
        OpTest.AssertSameBits(bed, test =>
        {
            Tensor y = test.Poisoned(300, 300);
            Tensor rstd = test.PoisonedSingles(300);
            Tensor dw = test.PoisonedSingles(300);
            Tensor dres = test.Floats(values.OldDres, 300, 300);
            Tensor x = test.Floats(values.X, 300, 300);
            Tensor w = test.Floats(values.W, 300);
            RmsNorm.Forward(test.Device, y, rstd, default, x, default, w, Epsilon);
            RmsNorm.Backward(test.Device, dres, dw, default, y, x, rstd, w, accumulate: false);
            return [.. test.Read(y), .. test.Read(dres), .. test.Read(dw)];
        });
    }

    [Fact]
    public void ForwardBackward_Warm_AllocateNothing()
    {
        Case values = new(bed, 300, 300);
        using OpTest test = new(bed);
        Tensor y = test.Poisoned(300, 300);
        Tensor rstd = test.PoisonedSingles(300);
        Tensor dw = test.PoisonedSingles(300);
        Tensor x = test.Floats(values.X, 300, 300);
        Tensor dres = test.Floats(values.OldDres, 300, 300);
        Tensor w = test.Floats(values.W, 300);
        Allocations.AssertNone(() =>
        {
            RmsNorm.Forward(test.Device, y, rstd, default, x, default, w, Epsilon);
            RmsNorm.Backward(test.Device, dres, dw, y, x, x, rstd, w, accumulate: true);
        });
    }

    [Fact]
    public void ForwardBackward_WrongExtents_NameBoth()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(2, 4);
        Tensor wide = test.Poisoned(2, 5);
        Tensor rstd = test.PoisonedSingles(2);
        Tensor w = test.Poisoned(4);
        Tensor dw = test.PoisonedSingles(4);
        string message = Assert.Throws<ArgumentException>("y", () => RmsNorm.Forward(test.Device, wide, rstd, default, x, default, w, Epsilon)).Message;
        Assert.Contains("[2, 5]", message, StringComparison.Ordinal);
        Assert.Contains("[2, 4]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("rstd", () => RmsNorm.Forward(test.Device, x, dw, default, x, default, w, Epsilon));
        Assert.Throws<ArgumentException>("w", () => RmsNorm.Forward(test.Device, x, rstd, default, x, default, rstd, Epsilon));
        Assert.Throws<ArgumentException>("sum", () => RmsNorm.Forward(test.Device, x, rstd, x, x, default, w, Epsilon));
        Assert.Throws<ArgumentException>("sum", () => RmsNorm.Forward(test.Device, x, rstd, default, x, x, w, Epsilon));
        Assert.Throws<ArgumentException>("delta", () => RmsNorm.Forward(test.Device, x, rstd, x, x, wide, w, Epsilon));
        Assert.Throws<ArgumentException>("dw", () => RmsNorm.Backward(test.Device, x, rstd, default, x, x, rstd, w, accumulate: false));
        Assert.Throws<ArgumentException>("dres", () => RmsNorm.Backward(test.Device, wide, dw, default, x, x, rstd, w, accumulate: false));
    }

    /// <summary>Random arguments and what double precision makes of them.</summary>
    private protected sealed class Case
    {
        internal Case(Bed bed, int rows, int width)
        {
            Part = bed.Normal(1, (long)rows * width, 3);
            Delta = bed.Normal(2, (long)rows * width);
            X = bed.Rounded(Part.Zip(Delta, (part, delta) => part + delta));
            W = bed.Normal(3, width);
            Dy = bed.Normal(4, (long)rows * width);
            OldDres = bed.Normal(5, (long)rows * width);
            Rstd = new double[rows];
            Y = new double[rows * width];
            NewDres = new double[rows * width];
            Dw = new double[width];
            for (int row = 0; row < rows; row++)
            {
                int at = row * width;
                double squares = 0;
                for (int i = 0; i < width; i++)
                {
                    squares += (double)X[at + i] * X[at + i];
                }

                double r = 1 / Math.Sqrt((squares / width) + Epsilon);
                double mean = 0;
                for (int i = 0; i < width; i++)
                {
                    mean += Dy[at + i] * (double)W[i] * X[at + i] * r / width;
                }

                Rstd[row] = r;
                for (int i = 0; i < width; i++)
                {
                    double normal = X[at + i] * r;
                    Y[at + i] = W[i] * (bed.Type == DType.BF16 ? Bf16.Round(normal) : normal);
                    NewDres[at + i] = OldDres[at + i] + (r * ((Dy[at + i] * (double)W[i]) - (normal * mean)));
                    Dw[i] += Dy[at + i] * normal;
                }
            }
        }

        internal float[] Part { get; }

        internal float[] Delta { get; }

        internal float[] X { get; }

        internal float[] W { get; }

        internal float[] Dy { get; }

        internal float[] OldDres { get; }

        internal double[] Rstd { get; }

        internal double[] Y { get; }

        internal double[] NewDres { get; }

        internal double[] Dw { get; }
    }
}

public sealed class RmsNormCpuTests() : RmsNormTests(Bed.Cpu)
{
    [Fact]
    public void Backward_FiniteDifferences_Agree()
    {
        const int Rows = 3;
        const int Width = 19;
        Case values = new(Bed.Cpu, Rows, Width);
        using OpTest test = new(Bed.Cpu);
        Tensor y = test.Poisoned(Rows, Width);
        Tensor rstd = test.PoisonedSingles(Rows);
        Tensor x = test.Floats(values.X, Rows, Width);
        Tensor w = test.Floats(values.W, Width);
        double Loss(float[] xs, float[] ws)
        {
            test.Write(x, xs);
            test.Write(w, ws);
            RmsNorm.Forward(test.Device, y, rstd, default, x, default, w, Epsilon);
            return FiniteDifferences.Weighted(test.Read(y), values.Dy);
        }

        Loss(values.X, values.W);
        Tensor dw = test.PoisonedSingles(Width);
        Tensor dres = test.Floats(new float[Rows * Width], Rows, Width);
        RmsNorm.Backward(test.Device, dres, dw, default, test.Floats(values.Dy, Rows, Width), x, rstd, w, accumulate: false);
        FiniteDifferences.AssertGradient(test.Read(dres), values.X, xs => Loss(xs, values.W), "dres");
        FiniteDifferences.AssertGradient(test.Read(dw), values.W, ws => Loss(values.X, ws), "dw");
    }
}

[Trait("Category", "Emulator")]
public sealed class RmsNormCudaTests() : RmsNormTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class RmsNormBf16Tests() : RmsNormTests(Bed.CudaBf16)
{
    [Fact]
    public void Forward_NormalisedValue_IsRoundedBeforeTheGain()
    {
        const int Rows = 9;
        const int Width = 1024;
        Case values = new(Bed.CudaBf16, Rows, Width);
        using OpTest test = new(Bed.CudaBf16);
        Tensor y = test.Poisoned(Rows, Width);
        RmsNorm.Forward(test.Device, y, test.PoisonedSingles(Rows), default, test.Floats(values.X, Rows, Width), default, test.Floats(values.W, Width), Epsilon);

        // A value that single precision puts on the other side of the border between two bf16 may differ, but there are few.
        int same = test.Read(y).Zip(values.Y).Count(static pair => pair.First.Equals(Bf16.Round(pair.Second)));
        Assert.InRange(same, 0.99 * Rows * Width, Rows * Width);
    }
}
