using LlavaCuda.Devices;
using LlavaCuda.Native;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;

namespace LlavaCuda.Tests.Ops;

/// <summary>Tensors of more than 2³¹ elements, as the weights and activations of large models are: an index of 32 bits would reach somewhere else.</summary>
[Trait("Category", "Emulator")]
[Collection("Spare GPU")]
public sealed class LargeIndexTests
{
    private const int Width = 4096;
    private const long Rows = ((1L << 31) / Width) + 16;
    private const long NeededBytes = 12L << 30;
    private const ulong Usual = 4UL << 30;

    [Fact]
    public void GatherRows_BehindTheTwoBillionthElement_ReadsAndWritesTheRightRows()
    {
        Assert.SkipUnless(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes > NeededBytes, "The test needs 12 GB of memory.");
        CudaDevice device = CudaDevices.Rent(DType.BF16, Emulator.Order.Forward);
        nint memory = 0;
        try
        {
            EmulateMemory(8UL << 30);

            // Not through the device, which would clear gigabytes.
            device.Synchronize();
            memory = CudaMemory.Allocate(Rows * Width * sizeof(ushort), "a test");
            Tensor large = new(memory, DType.BF16, new Shape(Rows, Width));
            using DeviceMemory small = device.Allocate((2 * Width * sizeof(ushort)) + 256, "a test");
            Tensor rows = new(small.Address, DType.BF16, new Shape(2, Width));
            Tensor index = new(small.Address + (nint)rows.Bytes, DType.I32, new Shape(2));
            device.CopyFromHost<int>(index, [(int)Rows - 1, (int)Rows - 9]);
            float[] expected = [.. Enumerable.Range(0, 2 * Width).Select(static i => (float)(i % 251))];
            device.WriteFloats(large.Slice(Rows - 1, 1), expected.AsSpan(0, Width));
            device.WriteFloats(large.Slice(Rows - 9, 1), expected.AsSpan(Width));
            GatherRows.Forward(device, rows, large, index);
            float[] actual = new float[2 * Width];
            device.ReadFloats(actual, rows);
            Assert.Equal(expected, actual);
        }
        finally
        {
            _ = CudaDriver.MemFree(memory);
            EmulateMemory(Usual);
            CudaDevices.Return(device);
        }
    }

    /// <summary>Of nine sequences only the last has rows, behind the two billionth element of the cache.</summary>
    /// <param name="rows">New rows.</param>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void CachedAttention_BehindTheTwoBillionthElement_AttendsToItsOwnRows(int rows)
    {
        const int Last = 8;
        const int HeadSize = 128;
        const int Capacity = 1 << 21;
        const int Past = 5;
        Assert.SkipUnless(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes > NeededBytes, "The test needs 12 GB of memory.");
        AttentionShape shape = new(1, 1, HeadSize, Causal: true);
        float[] values = Bed.CudaBf16.Normal(1, (long)rows * shape.QkvSize);
        CudaDevice device = CudaDevices.Rent(DType.BF16, Emulator.Order.Forward);
        nint memory = 0;
        try
        {
            EmulateMemory(8UL << 30);

            // Keys and values share the memory, some rows apart: of each only the last sequence's first rows are used.
            device.Synchronize();
            Shape cache = new(Last + 1, 1, Capacity, HeadSize);
            const long Apart = 64L * HeadSize * sizeof(ushort);
            memory = CudaMemory.Allocate((cache.Count * sizeof(ushort)) + Apart, "a test");
            float[] expected = Attend(new Tensor(memory, DType.BF16, cache), new Tensor(memory + (nint)Apart, DType.BF16, cache), Last);
            Shape small = new(1, 1, 64, HeadSize);
            Assert.Equal(Attend(new Tensor(memory, DType.BF16, small), new Tensor(memory + (nint)Apart, DType.BF16, small), 0), expected);
        }
        finally
        {
            _ = CudaDriver.MemFree(memory);
            EmulateMemory(Usual);
            CudaDevices.Return(device);
        }

        float[] Attend(Tensor keys, Tensor cached, int sequence)
        {
            long first = (long)sequence * keys.Shape[2];
            device.WriteFloats(keys.View(keys.Count / HeadSize, HeadSize).Slice(first, Past), Bed.CudaBf16.Normal(2, Past * HeadSize));
            device.WriteFloats(cached.View(keys.Count / HeadSize, HeadSize).Slice(first, Past), Bed.CudaBf16.Normal(3, Past * HeadSize));
            using DeviceMemory rest = device.Allocate((rows * shape.QkvSize * 2 * sizeof(ushort)) + 512, "a test");
            Tensor qkv = new(rest.Address, DType.BF16, new Shape(rows, shape.QkvSize));
            Tensor o = new(qkv.Address + (nint)qkv.Bytes, DType.BF16, new Shape(rows, shape.OutputSize));
            Tensor past = new(o.Address + (nint)o.Bytes, DType.I32, new Shape(sequence + 1));
            Tensor starts = new(past.Address + (nint)past.Bytes, DType.I32, new Shape(sequence + 2));
            device.WriteFloats(qkv, values);
            device.CopyFromHost<int>(past, [.. new int[sequence], Past]);
            device.CopyFromHost<int>(starts, [.. new int[sequence + 1], rows]);
            CachedAttention.Append(device, keys, cached, qkv, default, starts, past, shape);
            CachedAttention.Forward(device, o, qkv, keys, cached, starts, past, rows, shape);
            float[] result = new float[o.Count];
            device.ReadFloats(result, o);
            return result;
        }
    }

    // A GPU has what it has.
    private static void EmulateMemory(ulong bytes)
    {
        if (Emulator.IsAvailable)
        {
            Emulator.Configure(memoryBytes: bytes, architecture: 0, driverVersion: 0, devices: 0);
        }
    }
}
