namespace LlavaCuda.Bench.Gpu;

/// <summary>One op at one size, to be timed.</summary>
/// <param name="Name">The op's method and the size: <c>RmsNorm.Forward 8192x4096</c>; the PyTorch peer has the same names.</param>
/// <param name="Work">Bytes that it must move, or operations.</param>
/// <param name="IsCompute">Whether the work is operations: the yardstick is then the matrix product, else the copy.</param>
/// <param name="Run">Queues it once.</param>
internal sealed record KernelCase(string Name, double Work, bool IsCompute, Action Run)
{
    /// <summary>Gets a value indicating whether calls take turns over more memory than the caches hold, however little one of them moves.</summary>
    internal bool Streams { get; init; }

    /// <summary>Makes a case that memory bounds.</summary>
    internal static KernelCase Bytes(string name, double bytes, Action run) => new(name, bytes, IsCompute: false, run);

    /// <summary>Makes a case that arithmetic bounds; two operations a multiply-add.</summary>
    internal static KernelCase Operations(string name, double operations, Action run) => new(name, operations, IsCompute: true, run);
}
