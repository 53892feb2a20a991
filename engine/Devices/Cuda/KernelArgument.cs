using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>One argument of a kernel launch, with the size that the kernel's signature must have there.</summary>
internal readonly struct KernelArgument
{
    // First, so that the argument's address is the value's: smaller values fill the lower bytes.
    private readonly long _bits;

    private KernelArgument(long bits, int size)
    {
        _bits = bits;
        Size = size;
    }

    /// <summary>Gets the bytes that the kernel reads.</summary>
    internal int Size { get; }

    public static implicit operator KernelArgument(Tensor tensor) => new(tensor.Address, sizeof(long));

    public static implicit operator KernelArgument(nint pointer) => new(pointer, sizeof(long));

    public static implicit operator KernelArgument(long value) => new(value, sizeof(long));

    public static implicit operator KernelArgument(ulong value) => new((long)value, sizeof(long));

    public static implicit operator KernelArgument(int value) => new((uint)value, sizeof(int));

    public static implicit operator KernelArgument(uint value) => new(value, sizeof(int));

    public static implicit operator KernelArgument(float value) => new(BitConverter.SingleToUInt32Bits(value), sizeof(float));
}
