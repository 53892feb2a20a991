using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Devices.Cuda;

/// <summary>A CUDA device takes calls from any thread, one at a time: a second one is refused by name, and spoils nothing.</summary>
[Trait("Category", "Emulator")]
public sealed class CudaDeviceThreadTests
{
    private const int Width = 40;

    [Theory]
    [InlineData("launch")]
    [InlineData("product")]
    [InlineData("move")]
    [InlineData("allocate")]
    [InlineData("copy from the host")]
    [InlineData("copy to the host")]
    [InlineData("synchronize")]
    [InlineData("run another pass")]
    public void Call_WhileAnotherThreadCapturesAPass_IsRefusedAndTheCaptureStaysWhole(string name)
    {
        using OpTest test = new(Bed.CudaSingle);
        CudaDevice device = (CudaDevice)test.Device;
        Tensor sum = test.Floats(new float[Width], 1, Width), term = test.Floats([.. Enumerable.Repeat(1f, Width)], 1, Width);
        Tensor x = test.Floats(new float[Width], 1, Width), w = test.Floats(new float[Width * Width], Width, Width), y = test.Poisoned(1, Width);
        using RepeatedPass other = device.Repeated(() => Residual.Add(device, x, term));
        other.Run();
        Action call = name switch
        {
            "launch" => () => Residual.Add(device, x, term),
            "product" => () => Linear.BackwardWeight(device, w, x, x, accumulate: false),
            "move" => () => Move.Forward(device, y, x),
            "allocate" => () => device.Allocate(4, "a test").Dispose(),
            "copy from the host" => () => device.CopyFromHost<float>(x, new float[Width]),
            "copy to the host" => () => device.CopyToHost<float>(new float[Width], x),
            "synchronize" => device.Synchronize,
            _ => other.Run,
        };
        Exception? refused = null;
        int runs = 0, capturing = 0;
        using RepeatedPass pass = device.Repeated(() =>
        {
            Residual.Add(device, sum, term);
            if (++runs == 2)
            {
                capturing = Environment.CurrentManagedThreadId;
                refused = OnAnotherThread(call);
            }

            Residual.Add(device, sum, term);
        });
        pass.Run();
        pass.Run();
        pass.Run();
        Assert.Equal(2, runs);
        Assert.Contains($"while a call of thread {capturing} was under way", Assert.IsType<InvalidOperationException>(refused).Message, StringComparison.Ordinal);
        Assert.All(test.Read(sum), value => Assert.Equal(6, value));
        Assert.Null(OnAnotherThread(call));
    }

    [Fact]
    public void Free_WhileAnotherThreadCapturesAPass_IsAllowed()
    {
        using OpTest test = new(Bed.CudaSingle);
        Tensor sum = test.Floats(new float[Width], 1, Width), term = test.Floats([.. Enumerable.Repeat(1f, Width)], 1, Width);
        DeviceMemory memory = test.Device.Allocate(1 << 10, "a test");
        Exception? error = null;
        int runs = 0;
        using RepeatedPass pass = test.Device.Repeated(() =>
        {
            Residual.Add(test.Device, sum, term);
            error = ++runs == 2 ? OnAnotherThread(memory.Dispose) : null;
        });
        pass.Run();
        pass.Run();
        Assert.Null(error);
        Assert.All(test.Read(sum), value => Assert.Equal(2, value));
    }

    /// <summary>An op of several launches is one call: nobody writes to its scratch memory between them.</summary>
    [Fact]
    public void Call_WhileAnotherThreadIsInACall_IsRefusedUntilItEnds()
    {
        using OpTest test = new(Bed.CudaSingle);
        CudaDevice device = (CudaDevice)test.Device;
        Tensor x = test.Floats(new float[Width], 1, Width), term = test.Floats([.. Enumerable.Repeat(1f, Width)], 1, Width);
        using (device.BeginCall())
        {
            // The same thread's calls lie in it.
            Residual.Add(device, x, term);
            device.Synchronize();
            Assert.IsType<InvalidOperationException>(OnAnotherThread(() => Residual.Add(device, x, term)));
        }

        Assert.Null(OnAnotherThread(() => Residual.Add(device, x, term)));
        Assert.All(test.Read(x), value => Assert.Equal(2, value));
    }

    [Fact]
    public void Call_ThatFails_EndsAllTheSame()
    {
        using OpTest test = new(Bed.CudaSingle);
        Assert.ThrowsAny<Exception>(() => test.Device.Allocate(long.MaxValue, "a test"));
        Assert.Null(OnAnotherThread(test.Device.Synchronize));
    }

    /// <summary>The call goes on unharmed, with all that is to be disposed; and though two threads dispose the same, none throws.</summary>
    [Theory]
    [InlineData("device")]
    [InlineData("pass")]
    [InlineData("staging")]
    public void Dispose_WhileAnotherThreadIsInACall_WaitsForItsEnd(string what)
    {
        using CudaDevice device = CudaDevices.RentNew(DType.F32);
        using DeviceMemory memory = device.Allocate(2 * Width * sizeof(float), "a test");
        Tensor both = new(memory.Address, DType.F32, new Shape(2, Width)), sum = both.Slice(0, 1), term = both.Slice(1, 1);
        using StagedCopy staging = device.CreateStaging();
        using RepeatedPass pass = device.Repeated(() => Residual.Add(device, sum, term));
        pass.Run();
        pass.Run();
        IDisposable disposed = what switch { "device" => device, "pass" => pass, _ => staging };
        Exception?[] errors = new Exception?[2];
        using CountdownEvent begun = new(errors.Length);
        Thread[] threads = [.. errors.Select((_, i) => new Thread(() =>
        {
            begun.Signal();
            errors[i] = Record.Exception(disposed.Dispose);
        }))];
        float[] values = new float[Width];
        using (device.BeginCall())
        {
            Array.ForEach(threads, static thread => thread.Start());
            begun.Wait(TestContext.Current.CancellationToken);
            Assert.All(threads, static thread => Assert.False(thread.Join(50)));
            staging.Begin(MemoryMarshal.AsBytes<float>(Enumerable.Repeat(1f, Width).ToArray()));
            staging.CopyTo(term);
            pass.Run();
            device.CopyToHost<float>(values, sum);
        }

        Array.ForEach(threads, static thread => thread.Join());
        Assert.All(errors, Assert.Null);
        Assert.All(values, value => Assert.Equal(1, value));
        Assert.Equal(what == "device", Record.Exception(device.Synchronize) is ObjectDisposedException);
    }

    private static Exception? OnAnotherThread(Action call)
    {
        Exception? thrown = null;
        Thread thread = new(() => thrown = Record.Exception(call));
        thread.Start();
        thread.Join();
        return thrown;
    }
}
