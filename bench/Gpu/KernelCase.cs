namespace LlavaCuda.Bench.Gpu;

/// <summary>One op at one size, to be timed.</summary>
/// <param name="Name">The op's stem, direction and size; the PyTorch peer has the same names.</param>
/// <param name="Work">Bytes that it must move, or operations.</param>
/// <param name="IsCompute">Whether the work is operations: the yardstick is then the matrix product, else the copy.</param>
/// <param name="Run">Queues it once.</param>
internal sealed record KernelCase(string Name, double Work, bool IsCompute, Action Run);
