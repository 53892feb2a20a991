using LlavaCuda.Devices;
using LlavaCuda.Native;
using LlavaCuda.Ops;
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
            AssertCurrent(device);
            SpareGpu.Check(CudaDriver.StreamSynchronize(device.Stream));
        }

        Assert.Equal(before.BytesLive - (1 << 10), Statistics(other).BytesLive);
    }

    [Fact]
    public void DisposePassAndDevice_InACallOfAnotherDevice_LeaveThatDevicesContext()
    {
        Emulator.Require();
        using CudaDevice device = CudaDevices.RentNew(DType.F32);
        CudaDevice other = new(Emulator.SpareDevice, DType.F32);
        RepeatedPass pass = other.Repeated(static () => { });
        pass.Run();
        pass.Run();
        using (device.BeginCall())
        {
            pass.Dispose();
            AssertCurrent(device);
            other.Dispose();
            AssertCurrent(device);
        }

        // The next call finds its context too.
        using DeviceMemory memory = device.Allocate(1 << 10, "a test");
        Tensor x = new(memory.Address, DType.F32, new Shape([4]));
        Fill.Forward(device, x, 1);
        float[] filled = new float[4];
        device.CopyToHost<float>(filled, x);
        Assert.Equal([1, 1, 1, 1], filled);
    }

    [Fact]
    public void Call_InADisposalOfAnotherDevice_HasItsContext()
    {
        Emulator.Require();
        using CudaDevice device = CudaDevices.RentNew(DType.F32), other = new(Emulator.SpareDevice, DType.F32);
        using (device.BeginCall())
        {
            using (other.BeginDisposal())
            {
                AssertCurrent(other);
                using (device.BeginCall())
                {
                    AssertCurrent(device);
                }

                using (other.BeginCall())
                {
                    AssertCurrent(other);
                }
            }

            AssertCurrent(device);
            using (other.BeginCall())
            {
                AssertCurrent(other);
            }
        }
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

    private static void AssertCurrent(CudaDevice device)
    {
        SpareGpu.Check(CudaDriver.CtxGetCurrent(out nint context));
        Assert.Equal(device.Context.Value, context);
    }

    private static EmulatorStatistics Statistics(CudaDevice device)
    {
        using CudaCall call = device.BeginCall();
        Emulator.GetStatistics(out EmulatorStatistics statistics);
        return statistics;
    }
}
