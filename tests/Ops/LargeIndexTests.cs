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

    [Fact]
    public void GatherRows_BehindTheTwoBillionthElement_ReadsAndWritesTheRightRows()
    {
        Assert.SkipUnless(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes > NeededBytes, "The test needs 12 GB of memory.");
        CudaDevice device = CudaDevices.Rent(DType.BF16, Emulator.Order.Forward);
        nint memory = 0;
        try
        {
            if (Emulator.IsAvailable)
            {
                Emulator.Configure(memoryBytes: 8UL << 30, architecture: 0, driverVersion: 0, devices: 0);
            }

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
            if (Emulator.IsAvailable)
            {
                Emulator.Configure(memoryBytes: 4UL << 30, architecture: 0, driverVersion: 0, devices: 0);
            }

            CudaDevices.Return(device);
        }
    }
}
