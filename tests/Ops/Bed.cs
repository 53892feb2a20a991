using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

/// <summary>Where the bodies of an op's tests run: a kind of device, and the type in which it keeps weights and activations.</summary>
public sealed class Bed
{
    private readonly string _name;

    private Bed(string name, DType type, bool isCuda)
    {
        _name = name;
        Type = type;
        IsCuda = isCuda;
    }

    /// <summary>Gets the CPU: single precision, the reference.</summary>
    public static Bed Cpu { get; } = new("cpu", DType.F32, isCuda: false);

    /// <summary>Gets the GPU or its emulator in single precision.</summary>
    public static Bed CudaSingle { get; } = new("cuda, single precision", DType.F32, isCuda: true);

    /// <summary>Gets the GPU or its emulator in bf16.</summary>
    public static Bed CudaBf16 { get; } = new("cuda, bf16", DType.BF16, isCuda: true);

    /// <summary>Gets the type in which weights and activations are kept.</summary>
    internal DType Type { get; }

    internal bool IsCuda { get; }

    /// <summary>Reproducible normally distributed numbers that this bed can store: a twin in double precision that begins with them begins where the device does.</summary>
    internal float[] Normal(int seed, long count, double scale = 1) => Rounded(OpTest.Normal(seed, count, scale));

    /// <summary>The numbers as this bed stores them, to nearest even.</summary>
    internal float[] Rounded(IEnumerable<float> values) => [.. values.Select(value => Type == DType.BF16 ? Bf16.Round(value) : value)];

    /// <summary>A result is as close to double precision as the tolerance says for this bed.</summary>
    internal void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, Tolerance tolerance, string what)
    {
        // A few roundings may all be bad ones: 2⁻⁸ each.
        const int Few = 64;
        const double WorstRounding = 1.0 / 256;
        bool rounded = tolerance.WithinOneUlp && Type == DType.BF16;
        Closeness.Assert(expected, actual, rounded && expected.Length < Few ? WorstRounding : tolerance.For(this), what);
        if (rounded)
        {
            Closeness.AssertWithinOneUlp(expected, actual, what);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => _name;
}
