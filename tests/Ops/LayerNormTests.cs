using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class LayerNormTests(Bed bed)
{
    private protected const float Epsilon = 1e-5f;

    public static TheoryData<int, int> Sizes => OpSizes.RowsAndWidths();

    [Fact]
    public void Forward_HandValue_Agrees()
    {
        using OpTest test = new(bed);
        Tensor y = test.Poisoned(1, 3);
        Tensor mean = test.PoisonedSingles(1);
        Tensor rstd = test.PoisonedSingles(1);
        LayerNorm.Forward(test.Device, y, mean, rstd, default, test.Floats([1, 2, 6], 1, 3), default, test.Floats([1, 2, 3], 3), test.Floats([10, 20, 30], 3), 0);
        Assert.Equal([3], test.Read(mean));
        test.AssertClose([0.46291004988627573], test.Read(rstd), Tolerance.Singles(1e-7, 1e-6), "rstd");
        test.AssertClose([9.0741799002274485, 19.0741799002274485, 34.166190448976482], test.Read(y), Tolerance.Norm.OnCpu(1e-7), "y");
    }

    [Fact]
    public void Forward_MeanFarFromZero_KeepsTheVariance()
    {
        // As far as the storage still tells neighbours apart.
        int far = bed.Type == DType.BF16 ? 128 : 4096;
        using OpTest test = new(bed);
        float[] values = [.. Enumerable.Range(0, 64).Select(i => far + (i % 2))];
        Tensor x = test.Floats(values, 1, 64);
        Tensor mean = test.PoisonedSingles(1);
        Tensor rstd = test.PoisonedSingles(1);
        LayerNorm.Forward(test.Device, x, mean, rstd, default, x, default, test.Floats([.. Enumerable.Repeat(1f, 64)], 64), test.Floats(new float[64], 64), 0);
        test.AssertClose([2], test.Read(rstd), Tolerance.Singles(1e-7, 1e-6), "rstd");
        test.AssertClose([.. values.Select(value => value > far ? 1.0 : -1.0)], test.Read(x), Tolerance.Norm.OnCpu(1e-7), "y");
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
        Tensor mean = test.PoisonedSingles(rows);
        Tensor rstd = test.PoisonedSingles(rows);
        Tensor w = test.Floats(values.W, width);
        Tensor b = test.Floats(values.B, width);
        Tensor y = test.Poisoned(rows, width);
        Tensor x = test.Floats(values.X, rows, width);
        foreach (Tensor target in (Tensor[])[y, x])
        {
            test.Poison(mean);
            test.Poison(rstd);
            LayerNorm.Forward(test.Device, target, mean, rstd, default, x, default, w, b, Epsilon);
            test.AssertClose(values.Y, test.Read(target), Tolerance.Norm, "y");
            test.AssertClose(values.Mean, test.Read(mean), 1e-6, "mean");
            test.AssertClose(values.Rstd, test.Read(rstd), 1e-6, "rstd");
        }

        // The same rows as a sum, once beside the stream and once into the stream itself.
        Tensor part = test.Floats(values.Part, rows, width);
        Tensor delta = test.Floats(values.Delta, rows, width);
        Tensor sum = test.Poisoned(rows, width);
        foreach (Tensor target in (Tensor[])[sum, part])
        {
            test.Poison(y);
            LayerNorm.Forward(test.Device, y, mean, rstd, target, part, delta, w, b, Epsilon);
            Assert.Equal(values.X, test.Read(target));
            test.AssertClose(values.Y, test.Read(y), Tolerance.Norm, "y of a sum");
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    [InlineData(1_100, 1_024)]
    [InlineData(2, 8_200)]
    [InlineData(600, 257)]
    public void Backward_AnySize_AgreesWithDouble(int rows, int width)
    {
        Case values = new(bed, rows, width);
        using OpTest test = new(bed);
        Tensor y = test.Poisoned(rows, width);
        Tensor dw = test.PoisonedSingles(width);
        Tensor db = test.PoisonedSingles(width);
        Tensor dres = test.Floats(values.OldDres, rows, width);
        Tensor dy = test.Floats(values.Dy, rows, width);
        Tensor x = test.Floats(values.X, rows, width);
        Tensor mean = test.Singles([.. values.Mean.Select(m => (float)m)], rows);
        Tensor rstd = test.Singles([.. values.Rstd.Select(r => (float)r)], rows);
        Tensor w = test.Floats(values.W, width);
        Tensor b = test.Floats(values.B, width);
        LayerNorm.Backward(test.Device, dres, dw, db, y, dy, x, mean, rstd, w, b, accumulate: false);
        test.AssertClose(values.Y, test.Read(y), Tolerance.Norm, "y once more");
        test.AssertClose(values.NewDres, test.Read(dres), Tolerance.NormGradient, "dres");
        test.AssertClose(values.Dw, test.Read(dw), Tolerance.WeightGradient, "dw");
        test.AssertClose(values.Db, test.Read(db), Tolerance.WeightGradient, "db");

        LayerNorm.Backward(test.Device, dres, dw, db, default, dy, x, mean, rstd, w, b, accumulate: true);
        test.AssertClose([.. values.Dw.Select(d => 2 * d)], test.Read(dw), Tolerance.WeightGradient, "dw, twice");
        test.AssertClose([.. values.Db.Select(d => 2 * d)], test.Read(db), Tolerance.WeightGradient, "db, twice");

        test.Write(dres, values.OldDres);
        LayerNorm.Backward(test.Device, dres, default, default, default, dy, x, mean, rstd, w, b, accumulate: false);
        test.AssertClose(values.NewDres, test.Read(dres), Tolerance.NormGradient, "dres, frozen");
    }

    [Fact]
    public void ForwardBackward_AnyThreads_GiveTheSameBits()
    {
        Case values = new(bed, 300, 300);
        OpTest.AssertSameBits(bed, test =>
        {
            Tensor y = test.Poisoned(300, 300);
            Tensor mean = test.PoisonedSingles(300);
            Tensor rstd = test.PoisonedSingles(300);
            Tensor dw = test.PoisonedSingles(300);
            Tensor db = test.PoisonedSingles(300);
            Tensor dres = test.Floats(values.OldDres, 300, 300);
            Tensor x = test.Floats(values.X, 300, 300);
            Tensor w = test.Floats(values.W, 300);
            LayerNorm.Forward(test.Device, y, mean, rstd, default, x, default, w, w, Epsilon);
            LayerNorm.Backward(test.Device, dres, dw, db, default, y, x, mean, rstd, w, w, accumulate: false);
            return [.. test.Read(y), .. test.Read(dres), .. test.Read(dw), .. test.Read(db)];
        });
    }

    [Fact]
    public void ForwardBackward_Warm_AllocateNothing()
    {
        Case values = new(bed, 300, 300);
        using OpTest test = new(bed);
        Tensor y = test.Poisoned(300, 300);
        Tensor mean = test.PoisonedSingles(300);
        Tensor rstd = test.PoisonedSingles(300);
        Tensor dw = test.PoisonedSingles(300);
        Tensor db = test.PoisonedSingles(300);
        Tensor x = test.Floats(values.X, 300, 300);
        Tensor dres = test.Floats(values.OldDres, 300, 300);
        Tensor w = test.Floats(values.W, 300);
        Allocations.AssertNone(() =>
        {
            LayerNorm.Forward(test.Device, y, mean, rstd, default, x, default, w, w, Epsilon);
            LayerNorm.Backward(test.Device, dres, dw, db, y, x, x, mean, rstd, w, w, accumulate: true);
        });
    }

    [Fact]
    public void ForwardBackward_WrongExtents_NameBoth()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(2, 4);
        Tensor wide = test.Poisoned(2, 5);
        Tensor two = test.PoisonedSingles(2);
        Tensor w = test.Poisoned(4);
        Tensor dw = test.PoisonedSingles(4);
        string message = Assert.Throws<ArgumentException>("y", () => LayerNorm.Forward(test.Device, wide, two, two, default, x, default, w, w, Epsilon)).Message;
        Assert.Contains("[2, 5]", message, StringComparison.Ordinal);
        Assert.Contains("[2, 4]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("mean", () => LayerNorm.Forward(test.Device, x, dw, two, default, x, default, w, w, Epsilon));
        Assert.Throws<ArgumentException>("b", () => LayerNorm.Forward(test.Device, x, two, two, default, x, default, w, two, Epsilon));
        Assert.Throws<ArgumentException>("sum", () => LayerNorm.Forward(test.Device, x, two, two, default, x, x, w, w, Epsilon));
        Assert.Throws<ArgumentException>("dres", () => LayerNorm.Backward(test.Device, wide, dw, dw, default, x, x, two, two, w, w, accumulate: false));
        Assert.Throws<ArgumentException>("db", () => LayerNorm.Backward(test.Device, x, dw, default, default, x, x, two, two, w, w, accumulate: false));
    }

    /// <summary>Random arguments and what double precision makes of them.</summary>
    private protected sealed class Case
    {
        internal Case(Bed bed, int rows, int width)
        {
            Part = bed.Rounded(OpTest.Normal(1, (long)rows * width, 3).Select(value => value + 2));
            Delta = bed.Normal(2, (long)rows * width);
            X = bed.Rounded(Part.Zip(Delta, (part, delta) => part + delta));
            W = bed.Normal(3, width);
            B = bed.Normal(4, width);
            Dy = bed.Normal(5, (long)rows * width);
            OldDres = bed.Normal(6, (long)rows * width);
            Mean = new double[rows];
            Rstd = new double[rows];
            Y = new double[rows * width];
            NewDres = new double[rows * width];
            Dw = new double[width];
            Db = new double[width];
            for (int row = 0; row < rows; row++)
            {
                int at = row * width;
                ReadOnlySpan<float> x = X.AsSpan(at, width);
                double mean = 0;
                double variance = 0;
                foreach (float value in x)
                {
                    mean += (double)value / width;
                }

                foreach (float value in x)
                {
                    variance += (value - mean) * (value - mean) / width;
                }

                double r = 1 / Math.Sqrt(variance + Epsilon);
                double meanGradient = 0;
                double meanProduct = 0;
                for (int i = 0; i < width; i++)
                {
                    double gradient = Dy[at + i] * (double)W[i];
                    meanGradient += gradient / width;
                    meanProduct += gradient * (x[i] - mean) * r / width;
                }

                Mean[row] = mean;
                Rstd[row] = r;
                for (int i = 0; i < width; i++)
                {
                    double normal = (x[i] - mean) * r;
                    Y[at + i] = (normal * W[i]) + B[i];
                    NewDres[at + i] = OldDres[at + i] + (r * ((Dy[at + i] * (double)W[i]) - meanGradient - (normal * meanProduct)));
                    Dw[i] += Dy[at + i] * normal;
                    Db[i] += Dy[at + i];
                }
            }
        }

        internal float[] Part { get; }

        internal float[] Delta { get; }

        internal float[] X { get; }

        internal float[] W { get; }

        internal float[] B { get; }

        internal float[] Dy { get; }

        internal float[] OldDres { get; }

        internal double[] Mean { get; }

        internal double[] Rstd { get; }

        internal double[] Y { get; }

        internal double[] NewDres { get; }

        internal double[] Dw { get; }

        internal double[] Db { get; }
    }
}

public sealed class LayerNormCpuTests() : LayerNormTests(Bed.Cpu)
{
    [Fact]
    public void Backward_FiniteDifferences_Agree()
    {
        const int Rows = 3;
        const int Width = 19;
        Case values = new(Bed.Cpu, Rows, Width);
        using OpTest test = new(Bed.Cpu);
        Tensor y = test.Poisoned(Rows, Width);
        Tensor mean = test.PoisonedSingles(Rows);
        Tensor rstd = test.PoisonedSingles(Rows);
        Tensor x = test.Floats(values.X, Rows, Width);
        Tensor w = test.Floats(values.W, Width);
        Tensor b = test.Floats(values.B, Width);
        double Loss(float[] xs, float[] ws, float[] bs)
        {
            test.Write(x, xs);
            test.Write(w, ws);
            test.Write(b, bs);
            LayerNorm.Forward(test.Device, y, mean, rstd, default, x, default, w, b, Epsilon);
            return FiniteDifferences.Weighted(test.Read(y), values.Dy);
        }

        Loss(values.X, values.W, values.B);
        Tensor dw = test.PoisonedSingles(Width);
        Tensor db = test.PoisonedSingles(Width);
        Tensor dres = test.Floats(new float[Rows * Width], Rows, Width);
        LayerNorm.Backward(test.Device, dres, dw, db, default, test.Floats(values.Dy, Rows, Width), x, mean, rstd, w, b, accumulate: false);
        FiniteDifferences.AssertGradient(test.Read(dres), values.X, xs => Loss(xs, values.W, values.B), "dres");
        FiniteDifferences.AssertGradient(test.Read(dw), values.W, ws => Loss(values.X, ws, values.B), "dw");
        FiniteDifferences.AssertGradient(test.Read(db), values.B, bs => Loss(values.X, values.W, bs), "db");
    }
}

[Trait("Category", "Emulator")]
public sealed class LayerNormCudaTests() : LayerNormTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class LayerNormBf16Tests() : LayerNormTests(Bed.CudaBf16);
