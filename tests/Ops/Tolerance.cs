namespace LlavaCuda.Tests.Ops;

/// <summary>
/// The relative L2 error that a result may have against double precision on the same inputs, for each bed. In bf16 the rounding of the output dominates: 2⁻⁸ at most, 1.7·10⁻³ of a whole tensor.
/// What is single precision on every device (statistics, losses, gradients of weights) has a single number, which converts by itself.
/// </summary>
/// <param name="Cpu">On the CPU.</param>
/// <param name="Single">On CUDA in single precision, where sums have another order and functions other errors.</param>
/// <param name="Bf16">On CUDA in bf16.</param>
internal sealed record Tolerance(double Cpu, double Single, double Bf16)
{
    /// <summary>Gets the tolerance of copies: none.</summary>
    internal static Tolerance Exact { get; } = new(0, 0, 0);

    /// <summary>Gets the tolerance of an op that rounds each result once.</summary>
    internal static Tolerance Elementwise { get; } = new(1e-6, 1e-6, 2.5e-3) { WithinOneUlp = true };

    /// <summary>Gets the tolerance of such an op's gradients.</summary>
    internal static Tolerance ElementwiseGradient { get; } = Elementwise with { Cpu = 5e-6, Single = 5e-6 };

    /// <summary>Gets the tolerance of a norm's output.</summary>
    internal static Tolerance Norm { get; } = new(1e-6, 1e-6, 3e-3);

    /// <summary>Gets the tolerance of the gradient of a norm's input.</summary>
    internal static Tolerance NormGradient { get; } = new(5e-6, 5e-6, 4e-3);

    /// <summary>Gets the tolerance of a matrix product.</summary>
    internal static Tolerance Product { get; } = new(1e-6, 5e-6, 3e-3);

    /// <summary>Gets the tolerance of a matrix product that is a gradient of activations.</summary>
    internal static Tolerance ProductGradient { get; } = Product with { Cpu = 5e-6 };

    /// <summary>Gets the tolerance of gradients of weights, which are sums over rows in single precision everywhere; a real GPU's tensor cores truncate inside a step.</summary>
    internal static Tolerance WeightGradient { get; } = CudaDevices.IsGpu ? new(5e-6, 1e-4, 1e-4) : new(5e-6, 1e-5, 1e-5);

    /// <summary>Gets the tolerance of a bias's gradient.</summary>
    internal static Tolerance ColumnSum { get; } = WeightGradient.OnCpu(1e-6);

    /// <summary>Gets the tolerance of an attention's output: its weights are rounded to bf16 as well.</summary>
    internal static Tolerance Attention { get; } = new(2e-6, 5e-6, 3e-3);

    /// <summary>Gets the tolerance of the gradient of logits.</summary>
    internal static Tolerance LogitGradient { get; } = new(1e-6, 5e-6, 3e-3);

    /// <summary>Gets the tolerance of the gradients of queries, keys and values.</summary>
    internal static Tolerance AttentionGradient { get; } = new(1e-5, 1e-5, 5e-3);

    /// <summary>Gets a value indicating whether in bf16 every element must be a neighbour of the true value, or it.</summary>
    internal bool WithinOneUlp { get; private init; }

    /// <summary>The same on every bed.</summary>
    public static implicit operator Tolerance(double everywhere) => new(everywhere, everywhere, everywhere);

    /// <summary>Of a result that is single precision on every bed.</summary>
    internal static Tolerance Singles(double cpu, double cuda) => new(cpu, cuda, cuda);

    /// <summary>With another number for the CPU.</summary>
    internal Tolerance OnCpu(double cpu) => this with { Cpu = cpu };

    /// <summary>The number for a bed.</summary>
    internal double For(Bed bed) => !bed.IsCuda ? Cpu : bed == Bed.CudaSingle ? Single : Bf16;
}
