using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Ops.Cpu;

namespace LlavaCuda.Tests.Ops.Cpu;

/// <summary>
/// Operands and result of one product, with poison between the rows of the operands, guard values around the rows of the result, and a naive twin in double precision.
/// </summary>
internal sealed unsafe class GemmCase : IDisposable
{
    private const float Guard = -12345.5f;
    private const int Gap = 3;
    private readonly GemmForm _form;
    private readonly long _m;
    private readonly long _n;
    private readonly long _k;
    private readonly Grid _a;
    private readonly Grid _b;
    private readonly Grid _c;
    private readonly Grid _bias;
    private float[] _start = [];

    internal GemmCase(string form, long m, long n, long k)
    {
        _form = Enum.Parse<GemmForm>(form);
        (_m, _n, _k) = (m, n, k);
        _a = _form == GemmForm.TN ? new Grid(k, m) : new Grid(m, k);
        _b = _form == GemmForm.NT ? new Grid(n, k) : new Grid(k, n);
        _c = new Grid(m, n);
        _bias = new Grid(1, n);
    }

    internal static string[] Kernels { get; } =
        [.. new[] { nameof(GemmKernel.Avx512), nameof(GemmKernel.Avx2), nameof(GemmKernel.Portable) }.Where(name => Kernel(name).IsSupported)];

    internal bool Accumulate { get; init; }

    internal bool HasBias { get; init; }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _c.Dispose();
        _bias.Dispose();
    }

    internal void FillWholeNumbers(int seed) => Fill(seed, random => random.Next(-3, 4));

    internal void FillRandom(int seed) => Fill(seed, random => (2 * random.NextSingle()) - 1);

    internal void SetA(long row, long k, float value) => _a[_form == GemmForm.TN ? k : row, _form == GemmForm.TN ? row : k] = value;

    internal void SetB(long k, long column, float value) => _b[_form == GemmForm.NT ? column : k, _form == GemmForm.NT ? k : column] = value;

    /// <summary>Poisons or fills C, then multiplies.</summary>
    internal void Run(CpuWorkers workers, string kernel)
    {
        Random random = new(11);
        _c.Fill(Guard, () => Accumulate ? random.Next(-3, 4) : float.NaN);
        _start = Result();
        Multiply(workers, Kernel(kernel));
    }

    internal void Multiply(CpuWorkers workers, GemmKernel kernel) => Gemm.Multiply(
        workers, _form, _c.Cells, _c.Stride, _a.Cells, _a.Stride, _b.Cells, _b.Stride, _m, _n, _k, HasBias ? _bias.Cells : null, Accumulate, kernel);

    internal float[] Result()
    {
        float[] result = new float[_m * _n];
        for (long i = 0; i < result.Length; i++)
        {
            result[i] = _c[i / _n, i % _n];
        }

        return result;
    }

    /// <summary>Compares with the twin; the tolerance is relative to the sum of the magnitudes of all terms.</summary>
    internal void AssertEqualsTwin(double tolerance)
    {
        long stepA = _form == GemmForm.TN ? _a.Stride : 1;
        long stepB = _form == GemmForm.NT ? 1 : _b.Stride;
        for (long row = 0; row < _m; row++)
        {
            for (long column = 0; column < _n; column++)
            {
                float* a = _a.Cells + (_form == GemmForm.TN ? row : row * _a.Stride);
                float* b = _b.Cells + (_form == GemmForm.NT ? column * _b.Stride : column);
                double sum = (Accumulate ? _start[(row * _n) + column] : 0) + (HasBias ? _bias[0, column] : 0);
                double magnitude = Math.Abs(sum);
                for (long k = 0; k < _k; k++)
                {
                    double term = (double)a[k * stepA] * b[k * stepB];
                    sum += term;
                    magnitude += Math.Abs(term);
                }

                double error = Math.Abs(_c[row, column] - sum);
                if (!(error <= tolerance * magnitude))
                {
                    Assert.Fail($"{_form} {_m} x {_n} x {_k}: [{row}, {column}] is {_c[row, column]}, not {sum}");
                }
            }
        }

        _c.AssertGuards(Guard);
    }

    private static GemmKernel Kernel(string name) => name switch
    {
        nameof(GemmKernel.Avx512) => GemmKernel.Avx512,
        nameof(GemmKernel.Avx2) => GemmKernel.Avx2,
        _ => GemmKernel.Portable,
    };

    private void Fill(int seed, Func<Random, float> next)
    {
        foreach (Grid grid in (Grid[])[_a, _b, _bias])
        {
            Random random = new(seed++);
            grid.Fill(float.NaN, () => next(random));
        }
    }

    /// <summary>A matrix whose rows lie apart, with as much room before the first row and after the last.</summary>
    private sealed class Grid : IDisposable
    {
        private readonly long _rows;
        private readonly long _columns;
        private readonly float* _memory;

        internal Grid(long rows, long columns)
        {
            (_rows, _columns) = (rows, columns);
            Stride = columns + Gap;
            _memory = (float*)NativeMemory.Alloc((nuint)(((rows + 1) * Stride) + Gap), sizeof(float));
        }

        internal long Stride { get; }

        internal float* Cells => _memory + Stride;

        internal float this[long row, long column]
        {
            get => Cells[(row * Stride) + column];
            set => Cells[(row * Stride) + column] = value;
        }

        public void Dispose() => NativeMemory.Free(_memory);

        internal void Fill(float outside, Func<float> next)
        {
            new Span<float>(_memory, (int)(((_rows + 1) * Stride) + Gap)).Fill(outside);
            for (long i = 0; i < _rows * _columns; i++)
            {
                this[i / _columns, i % _columns] = next();
            }
        }

        internal void AssertGuards(float outside)
        {
            for (long i = 0; i < ((_rows + 1) * Stride) + Gap; i++)
            {
                bool inside = i >= Stride && i < (_rows + 1) * Stride && i % Stride < _columns;
                if (!inside && _memory[i] != outside)
                {
                    Assert.Fail($"float {i - Stride}, outside the result, is {_memory[i]}");
                }
            }
        }
    }
}
