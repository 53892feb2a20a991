using System.Runtime.CompilerServices;
using LlavaCuda.Native;

namespace LlavaCuda.Tests.Emulation;

/// <summary>A product of small numbers that both types hold exactly, through cuBLASLt's entry points: D = alpha op(A) op(B) + beta C + bias, where C is D.</summary>
internal sealed unsafe class ProductCall : IDisposable
{
    private readonly int _m;
    private readonly int _n;
    private readonly int _k;
    private readonly bool _transposeA;
    private readonly bool _transposeB;
    private readonly bool _bf16In;
    private readonly bool _bf16Out;
    private readonly float[] _a;
    private readonly float[] _b;
    private readonly float[] _c;
    private readonly float[] _bias;
    private readonly nint _handle;
    private readonly nint _description;
    private nint _layoutA;
    private readonly nint _layoutB;
    private readonly nint _layoutD;
    private readonly nint _deviceA;
    private readonly nint _deviceB;
    private readonly nint _deviceD;

    internal ProductCall(int m, int n, int k, bool transposeA, bool transposeB, bool bf16In, bool bf16Out, bool bias)
    {
        (_m, _n, _k, _transposeA, _transposeB, _bf16In, _bf16Out) = (m, n, k, transposeA, transposeB, bf16In, bf16Out);
        _a = Numbers(1, m * k);
        _b = Numbers(2, k * n);
        _c = Numbers(3, m * n);
        _bias = bias ? Numbers(4, m) : [];
        (_deviceA, _deviceB, _deviceD) = (Upload(_a, bf16In), Upload(_b, bf16In), Upload(_c, bf16Out));
        Check(CublasLt.Create(out _handle));
        Check(CublasLt.MatmulDescCreate(out _description, CublasComputeType.F32, CublasDataType.R32F));
        Set(CublasLtMatmulDescAttribute.TransA, transposeA ? CublasOperation.Transpose : CublasOperation.None);
        Set(CublasLtMatmulDescAttribute.TransB, transposeB ? CublasOperation.Transpose : CublasOperation.None);
        if (bias)
        {
            Set(CublasLtMatmulDescAttribute.Epilogue, CublasLtEpilogue.Bias);
            Set(CublasLtMatmulDescAttribute.BiasPointer, Upload(_bias, bf16Out));
        }

        _layoutA = Layout(transposeA ? k : m, transposeA ? m : k, bf16In);
        _layoutB = Layout(transposeB ? n : k, transposeB ? k : n, bf16In);
        _layoutD = Layout(m, n, bf16Out);
    }

    public void Dispose()
    {
        CublasLt.MatrixLayoutDestroy(_layoutA);
        CublasLt.MatrixLayoutDestroy(_layoutB);
        CublasLt.MatrixLayoutDestroy(_layoutD);
        CublasLt.MatmulDescDestroy(_description);
        CublasLt.Destroy(_handle);
    }

    internal CublasStatus Run(float alpha, float beta) =>
        CublasLt.Matmul(_handle, _description, &alpha, _deviceA, _layoutA, _deviceB, _layoutB, &beta, _deviceD, _layoutD, _deviceD, _layoutD, null, 0, 0, 0);

    internal int Algorithms(int asked)
    {
        CublasLtHeuristicResult* results = stackalloc CublasLtHeuristicResult[asked];
        Check(CublasLt.MatmulPreferenceCreate(out nint preference));
        Check(CublasLt.MatmulAlgoGetHeuristic(_handle, _description, _layoutA, _layoutB, _layoutD, _layoutD, preference, asked, results, out int found));
        Check(CublasLt.MatmulPreferenceDestroy(preference));
        return found;
    }

    internal void PoisonResult() => SpareGpu.Check(CudaDriver.MemsetD8Async(_deviceD, 0xff, (nuint)(_c.Length * (_bf16Out ? 2 : 4)), 0));

    /// <summary>Gives A, in single precision, another layout.</summary>
    internal void SetA(int rows, int columns, int ld)
    {
        CublasLt.MatrixLayoutDestroy(_layoutA);
        Check(CublasLt.MatrixLayoutCreate(out _layoutA, CublasDataType.R32F, (ulong)rows, (ulong)columns, ld));
    }

    internal float[] Result() => _bf16Out
        ? [.. SpareGpu.Download<ushort>(_deviceD, _c.Length).Select(static bits => BitConverter.UInt32BitsToSingle((uint)bits << 16))]
        : SpareGpu.Download<float>(_deviceD, _c.Length);

    internal double[] Expected(float alpha, float beta)
    {
        double[] expected = new double[_c.Length];
        for (int i = 0; i < expected.Length; i++)
        {
            (int column, int row) = (i / _m, i % _m);
            double sum = 0;
            for (int p = 0; p < _k; p++)
            {
                sum += (double)_a[_transposeA ? (row * _k) + p : (p * _m) + row] * _b[_transposeB ? (p * _n) + column : (column * _k) + p];
            }

            expected[i] = (alpha * sum) + (beta * _c[i]) + (_bias.Length > 0 ? _bias[row] : 0);
        }

        return expected;
    }

    private static float[] Numbers(int seed, int count) => [.. Enumerable.Range(0, count).Select(i => (((i + 1) * 7919 * seed % 127) - 63) / 64f)];

    private static nint Upload(float[] values, bool bf16) =>
        bf16 ? SpareGpu.Upload<ushort>([.. values.Select(static v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16))]) : SpareGpu.Upload<float>(values);

    private static void Check(CublasStatus status, [CallerArgumentExpression(nameof(status))] string call = "") => Assert.True(status == CublasStatus.Success, $"{call}: {status}");

    private static nint Layout(int rows, int columns, bool bf16)
    {
        Check(CublasLt.MatrixLayoutCreate(out nint layout, bf16 ? CublasDataType.R16BF : CublasDataType.R32F, (ulong)rows, (ulong)columns, rows));
        return layout;
    }

    private void Set<T>(CublasLtMatmulDescAttribute attribute, T value)
        where T : unmanaged => Check(CublasLt.MatmulDescSetAttribute(_description, attribute, &value, (nuint)sizeof(T)));
}
