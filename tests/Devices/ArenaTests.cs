using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Devices;

public class ArenaTests
{
    [Fact]
    public void Push_AfterRelease_ReusesTheMemory()
    {
        using CpuDevice device = new(1);
        using Arena arena = new(device, 1 << 16, "test tensors");
        arena.Push(DType.F32, 3);
        long mark = arena.Mark();
        nint first = arena.Push(DType.F32, 100).Address;
        arena.Release(mark);
        Assert.Equal(first, arena.Push(DType.I32, 7, 2).Address);
    }

    [Fact]
    public void Push_TooMuch_NamesPurposeAndBytes()
    {
        using CpuDevice device = new(1);
        using Arena arena = new(device, 1024, "The activations");
        string message = Assert.Throws<InvalidOperationException>(() => arena.Push(DType.F32, 1000)).Message;
        Assert.StartsWith("The activations need 4", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Allocate_MoreThanThereIs_NamesPurposeAndBytes()
    {
        using CpuDevice device = new(1);
        string message = Assert.Throws<InsufficientMemoryException>(() => device.Allocate(1L << 50, "the weights")).Message;
        Assert.Contains("1,125,899,906,842,624 bytes for the weights", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Allocate_Always_IsZeroAndAligned()
    {
        using CpuDevice device = new(1);
        using DeviceMemory memory = device.Allocate(4096, "a test");
        byte[] bytes = new byte[4096];
        device.CopyToHost<byte>(bytes, new Tensor(memory.Address, DType.U8, new Shape(4096)));
        Assert.Equal(0, memory.Address % 64);
        Assert.All(bytes, static b => Assert.Equal(0, b));
    }

    [Fact]
    public void Copy_OtherSize_IsRefused()
    {
        using CpuDevice device = new(1);
        using DeviceMemory memory = device.Allocate(64, "a test");
        Assert.Throws<ArgumentException>(() => device.CopyFromHost<float>(new Tensor(memory.Address, DType.F32, new Shape(16)), new float[15]));
    }
}
