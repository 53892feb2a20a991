using LlavaCuda.Devices;
using LlavaCuda.Ops.Cpu;

namespace LlavaCuda.Tests.Ops.Cpu;

/// <summary>
/// Small whole numbers make every sum exact in single precision, so most tests ask for equality with a twin in integers. Each family of kernels that this processor
/// has is tested, not only the one it would choose.
/// </summary>
public sealed class GemmTests
{
    private static readonly long[] Sizes = [1, 2, 7, 13, 14, 15, 31, 32, 33, 63, 64, 65, 127, 200];
    private static readonly long[] Depths = [1, 3, 8, 16, 31, 64, 65, 130, 257];

    public static TheoryData<string, string> KernelsAndForms()
    {
        TheoryData<string, string> data = [];
        foreach (string kernel in GemmCase.Kernels)
        {
            foreach (GemmForm form in Enum.GetValues<GemmForm>())
            {
                data.Add(kernel, form.ToString());
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(KernelsAndForms))]
    public void Multiply_AwkwardSizes_EqualsNaiveTwin(string kernel, string form)
    {
        using CpuWorkers workers = new(2);
        int number = 0;
        foreach (long m in Sizes)
        {
            foreach (long n in Sizes)
            {
                long k = Depths[number++ % Depths.Length];
                using GemmCase test = new(form, m, n, k) { Accumulate = number % 2 == 0, HasBias = number % 3 == 0 };
                test.FillWholeNumbers(number);
                test.Run(workers, kernel);
                test.AssertEqualsTwin(0);
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelsAndForms))]
    public void Multiply_EveryDepth_EqualsNaiveTwin(string kernel, string form)
    {
        using CpuWorkers workers = new(2);
        foreach (long m in (long[])[3, 37])
        {
            foreach (long k in Enumerable.Range(0, 70).Concat([127, 511, 512, 513, 1023, 1024, 1025, 1408, 1500]))
            {
                using GemmCase test = new(form, m, 41, k) { Accumulate = k % 2 == 0, HasBias = k % 3 == 0 };
                test.FillWholeNumbers((int)k);
                test.Run(workers, kernel);
                test.AssertEqualsTwin(0);
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelsAndForms))]
    public void Multiply_MoreThanOneBlockOfRows_EqualsNaiveTwin(string kernel, string form)
    {
        using CpuWorkers workers = new(2);
        using GemmCase test = new(form, 1100, 33, 1000) { HasBias = true };
        test.FillWholeNumbers(1);
        test.Run(workers, kernel);
        test.AssertEqualsTwin(0);
    }

    [Theory]
    [MemberData(nameof(KernelsAndForms))]
    public void Multiply_RandomNumbers_IsCloseToDoublePrecision(string kernel, string form)
    {
        using CpuWorkers workers = new(2);
        foreach ((long m, long n, long k) in ((long, long, long)[])[(5, 50, 1500), (60, 50, 1500), (100, 100, 100), (15, 33, 7)])
        {
            using GemmCase test = new(form, m, n, k) { HasBias = true };
            test.FillRandom(7);
            test.Run(workers, kernel);

            // Relative to the sum of the magnitudes of the terms, ten roundings of single precision. One term of 1500 left out would be 7e-4.
            test.AssertEqualsTwin(6e-7);
        }
    }

    [Theory]
    [MemberData(nameof(KernelsAndForms))]
    public void Multiply_OtherNumberOfThreads_GivesTheSameBits(string kernel, string form)
    {
        foreach ((long m, long n, long k) in ((long, long, long)[])[(3, 500, 300), (12, 70, 1100), (150, 90, 1100), (400, 20, 64)])
        {
            using GemmCase test = new(form, m, n, k) { HasBias = true };
            test.FillRandom(3);
            float[][] results = new float[3][];
            for (int i = 0; i < results.Length; i++)
            {
                using CpuWorkers workers = new(i == 0 ? 1 : i == 1 ? 2 : 5);
                test.Run(workers, kernel);
                results[i] = test.Result();
            }

            Assert.Equal(results[0], results[1]);
            Assert.Equal(results[0], results[2]);
        }
    }

    [Theory]
    [MemberData(nameof(KernelsAndForms))]
    public void Multiply_NanAndInfinity_ReachTheirRowsAndColumnsOnly(string kernel, string form)
    {
        using CpuWorkers workers = new(2);
        foreach (long m in (long[])[4, 40])
        {
            using GemmCase test = new(form, m, 45, 33);
            test.FillRandom(5);
            test.SetA(m - 1, 32, float.NaN);
            test.SetB(0, 44, float.PositiveInfinity);
            test.Run(workers, kernel);
            float[] result = test.Result();
            for (long i = 0; i < m; i++)
            {
                for (long j = 0; j < 45; j++)
                {
                    float value = result[(i * 45) + j];
                    Assert.True(i == m - 1 ? float.IsNaN(value) : j == 44 ? float.IsInfinity(value) : float.IsFinite(value), $"[{i}, {j}] is {value}");
                }
            }
        }
    }

    [Fact]
    public void Multiply_FewRows_GivesEachRowTheSameBitsInAnyCompany()
    {
        using CpuWorkers workers = new(2);
        using GemmCase together = new("NT", 7, 31, 200);
        together.FillRandom(9);
        together.Run(workers, GemmCase.Kernels[0]);
        using GemmCase alone = new("NT", 1, 31, 200);
        alone.FillRandom(9);
        alone.Run(workers, GemmCase.Kernels[0]);
        Assert.Equal(together.Result()[..31], alone.Result());
    }

    [Fact]
    public void Multiply_CalledFromSeveralThreads_KeepsThemApart()
    {
        using CpuWorkers workers = new(2);
        Parallel.For(0, 4, number =>
        {
            for (int round = 0; round < 10; round++)
            {
                using GemmCase test = new("NT", 50 + number, 60, 70);
                test.FillWholeNumbers(number);
                test.Run(workers, GemmCase.Kernels[0]);
                test.AssertEqualsTwin(0);
            }
        });
    }

    [Fact]
    public void Multiply_Repeated_AllocatesNothing()
    {
        using CpuWorkers workers = new(2);
        using GemmCase test = new("NN", 64, 64, 64);
        test.FillRandom(1);
        Allocations.AssertNone(() => test.Multiply(workers, GemmKernel.Best));
    }

    [Fact]
    public void Multiply_NoRowsOrColumns_DoesNothing()
    {
        using CpuWorkers workers = new(1);
        using GemmCase noRows = new("NN", 0, 5, 3);
        noRows.Run(workers, GemmCase.Kernels[0]);
        noRows.AssertEqualsTwin(0);
        using GemmCase noColumns = new("TN", 5, 0, 3);
        noColumns.Run(workers, GemmCase.Kernels[0]);
        noColumns.AssertEqualsTwin(0);
    }

    [Fact]
    public unsafe void Multiply_RowsTooClose_Throws()
    {
        using CpuWorkers workers = new(1);
        float cell = 0;
        nint address = (nint)(&cell);
        ArgumentException fault = Assert.Throws<ArgumentException>(
            () => Gemm.Multiply(workers, GemmForm.NT, (float*)address, 4, (float*)address, 8, (float*)address, 7, 2, 4, 8));
        Assert.Contains("NT with M 2, N 4, K 8", fault.Message, StringComparison.Ordinal);
    }
}
