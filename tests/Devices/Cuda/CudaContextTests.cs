using LlavaCuda.Devices;
using LlavaCuda.Native;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Devices.Cuda;

/// <summary>What is disposed is disposed in its own context, on whatever thread and within whatever call; that thread's context stays what it was.</summary>
[Trait("Category", "Emulator")]
[Collection("Spare GPU")]
public sealed class CudaContextTests
{
    [Fact]
    public void Free_InACallOfAnotherDevice_LeavesThatDevicesContext()
    {
        Emulator.Require();
        using CudaDevice device = CudaDevices.RentNew(DType.F32), other = new(Emulator.SpareDevice, DType.F32);
        DeviceMemory memory = other.Allocate(1 << 10, "a test");
        EmulatorStatistics before = Statistics(other);
        using (device.BeginCall())
        {
            memory.Dispose();
            SpareGpu.Check(CudaDriver.CtxGetCurrent(out nint context));
            Assert.Equal(device.Context.Value, context);
            SpareGpu.Check(CudaDriver.StreamSynchronize(device.Stream));
        }

        Assert.Equal(before.BytesLive - (1 << 10), Statistics(other).BytesLive);
    }

    [Fact]
    public void DisposeStaging_AfterItsDeviceOnAThreadWithoutContext_IsDoneInItsContext()
    {
        Emulator.Require();
        CudaDevice device = new(Emulator.SpareDevice, DType.F32);
        StagedCopy staging = device.CreateStaging();
        staging.Begin(new byte[1 << 10]);
        device.Dispose();
        string? failure = null;
        nint context = -1;
        Thread thread = new(() =>
        {
            staging.Dispose();
            failure = Emulator.LastError;
            _ = CudaDriver.CtxGetCurrent(out context);
        });
        thread.Start();
        thread.Join();
        Assert.Equal(string.Empty, failure);
        Assert.Equal(0, context);
    }

    private static EmulatorStatistics Statistics(CudaDevice device)
    {
        using CudaCall call = device.BeginCall();
        Emulator.GetStatistics(out EmulatorStatistics statistics);
        return statistics;
    }
}
