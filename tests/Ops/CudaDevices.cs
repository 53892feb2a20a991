using System.Collections.Concurrent;
using LlavaCuda.Devices;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;

namespace LlavaCuda.Tests.Ops;

/// <summary>
/// The CUDA devices of the op tests, on the emulator or, with <c>LLAVACUDA_TEST_DEVICE=gpu</c>, on a GPU. Each is lent to one test at a time and kept for the next, with its compiled kernels.
/// Where there is none a test is skipped with the reason; it fails if a GPU was asked for, or if <c>LLAVACUDA_REQUIRE</c> names the emulator.
/// </summary>
internal static class CudaDevices
{
    /// <summary>Multiprocessors of the emulator, unless a test asks for others.</summary>
    internal const int UsualMultiprocessors = 4;

    private static readonly ConcurrentDictionary<(DType Type, int Multiprocessors), ConcurrentBag<CudaDevice>> Idle = [];

    /// <summary>Gets a value indicating whether the tests were asked to run on a real GPU.</summary>
    internal static bool IsGpu => Environment.GetEnvironmentVariable("LLAVACUDA_TEST_DEVICE") == "gpu";

    /// <summary>
    /// Lends a device, on whose emulator the calling thread's launches run their threads in this order, and which is told to have so many multiprocessors; a GPU has its own of both.
    /// </summary>
    internal static CudaDevice Rent(DType type, Emulator.Order order, int multiprocessors = UsualMultiprocessors)
    {
        Prepare(order);
        if (IdleOf(type, multiprocessors).TryTake(out CudaDevice? device))
        {
            return device;
        }

        if (IsGpu)
        {
            return new CudaDevice(0, type);
        }

        Emulator.SetMultiprocessors(multiprocessors);
        try
        {
            return new CudaDevice(0, type);
        }
        finally
        {
            Emulator.SetMultiprocessors(0);
        }
    }

    /// <summary>Lends a device that no test has used.</summary>
    internal static CudaDevice RentNew(DType type)
    {
        Prepare(Emulator.Order.Forward);
        return new CudaDevice(0, type);
    }

    /// <summary>Takes a device back. One that reports a fault is not lent again; a fault that breaks the context fails the others too, which share it.</summary>
    internal static void Return(CudaDevice device)
    {
        if (!IsGpu)
        {
            Emulator.SetOrder(Emulator.Order.Forward);
        }

        try
        {
            device.Synchronize();
        }
        catch
        {
            device.Dispose();
            throw;
        }

        IdleOf(device.ComputeType, device.Multiprocessors).Add(device);
    }

    private static ConcurrentBag<CudaDevice> IdleOf(DType type, int multiprocessors) => Idle.GetOrAdd((type, IsGpu ? 0 : multiprocessors), static _ => []);

    private static void Prepare(Emulator.Order order)
    {
        if (!IsGpu)
        {
            Emulator.Require();
            Emulator.SetOrder(order);
        }
    }
}
