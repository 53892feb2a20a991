using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

/// <summary>An attention on a test's device, and what its results are compared by.</summary>
internal sealed class AttentionRun
{
    private readonly OpTest _test;
    private readonly AttentionShape _shape;
    private readonly int _longest;

    internal AttentionRun(OpTest test, float[] qkv, int[] starts, AttentionShape shape)
        : this(test, test.Floats(qkv, starts[^1], shape.QkvSize), starts, shape)
    {
    }

    internal AttentionRun(OpTest test, Tensor qkv, int[] starts, AttentionShape shape)
    {
        _test = test;
        _shape = shape;
        _longest = starts.Zip(starts.Skip(1), (a, b) => b - a).Max();
        Qkv = qkv;
        Starts = test.Ints(starts);
        O = test.Poisoned(starts[^1], shape.OutputSize);
        Lse = test.PoisonedSingles(shape.Heads, starts[^1]);
    }

    internal Tensor Qkv { get; }

    internal Tensor Starts { get; }

    internal Tensor O { get; }

    internal Tensor Lse { get; }

    /// <summary>Sequences of these lengths, with numbers that the bed can store.</summary>
    internal static (AttentionShape Shape, int[] Starts, float[] Qkv) Case(Bed bed, int[] lengths, int heads, int kvHeads, int headSize, bool causal, double size)
    {
        AttentionShape shape = new(heads, kvHeads, headSize, causal);
        int[] starts = new int[lengths.Length + 1];
        for (int i = 0; i < lengths.Length; i++)
        {
            starts[i + 1] = starts[i] + lengths[i];
        }

        return (shape, starts, bed.Normal(1, (long)starts[^1] * shape.QkvSize, size));
    }

    /// <summary>Parts differ in size, and small ones must not hide behind large ones. With a single key dS is zero but for rounding: its error counts against the whole.</summary>
    internal static void AssertGradient(OpTest test, double[] expected, float[] actual, AttentionShape shape)
    {
        // δ comes of O as it is stored. With few rows the errors of a handful of them are not averaged.
        Tolerance tolerance = Tolerance.AttentionGradient;
        tolerance = expected.Length < 64 * shape.QkvSize ? tolerance with { Bf16 = 2 * tolerance.Bf16 } : tolerance;
        test.AssertClose(expected, actual, tolerance, "dqkv");
        if (expected.Length == shape.QkvSize)
        {
            return;
        }

        int q = shape.OutputSize;
        int k = q + (shape.KvHeads * shape.HeadSize);
        AssertColumns(0, q, "dq");
        AssertColumns(q, k, "dk");
        AssertColumns(k, shape.QkvSize, "dv");

        void AssertColumns(int from, int to, string what)
        {
            bool Inside(int i) => i % shape.QkvSize >= from && i % shape.QkvSize < to;
            test.AssertClose([.. expected.Where((_, i) => Inside(i))], [.. actual.Where((_, i) => Inside(i))], tolerance, what);
        }
    }

    /// <summary>Takes the rotation of queries and keys back out of a gradient.</summary>
    internal static void TurnBack(double[] gradient, int[] positions, AttentionShape shape)
    {
        int half = shape.HeadSize / 2;
        for (int at = 0; at < gradient.Length; at++)
        {
            int column = at % shape.QkvSize;
            int i = column % shape.HeadSize;
            if (i < half && column < (shape.Heads + shape.KvHeads) * shape.HeadSize)
            {
                (double sin, double cos) = Math.SinCos(positions[at / shape.QkvSize] * Math.Pow(10000, -2.0 * i / shape.HeadSize));
                (gradient[at], gradient[at + half]) = ((gradient[at] * cos) + (gradient[at + half] * sin), (gradient[at + half] * cos) - (gradient[at] * sin));
            }
        }
    }

    internal void Forward() => Attention.Forward(_test.Device, O, Lse, Qkv, Starts, _longest, _shape);

    internal Tensor Backward(float[] dO, Rotary rotary)
    {
        Tensor gradient = _test.Poisoned(Qkv.Rows, _shape.QkvSize);
        Attention.Backward(_test.Device, gradient, _test.Floats(dO, Qkv.Rows, _shape.OutputSize), O, Lse, Qkv, Starts, _longest, _shape, rotary);
        return gradient;
    }

    /// <summary>Output, statistics and gradient agree with double precision.</summary>
    internal void AssertAll(float[] qkv, int[] starts)
    {
        AttentionTwin twin = new([.. qkv], starts, _shape);
        float[] dO = _test.Bed.Normal(2, twin.O.Length);
        Forward();
        _test.AssertClose(twin.O, _test.Read(O), Tolerance.Attention, "o");
        _test.AssertClose(twin.Lse, _test.Read(Lse), Tolerance.Singles(1e-6, 1e-5), "lse");
        AssertGradient(_test, twin.Backward(dO), _test.Read(Backward(dO, default)), _shape);
    }
}
