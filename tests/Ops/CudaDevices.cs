using System.Collections.Concurrent;
using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

/// <summary>
/// The CUDA devices of the tests, on the emulator or, with <c>LLAVACUDA_TEST_DEVICE=gpu</c>, on a GPU. Each is lent to one test at a time and kept for the next, with its compiled kernels. Where
/// there is none a test is skipped with the reason; it fails if a GPU was asked for, or if <c>LLAVACUDA_REQUIRE</c> names the emulator.
/// </summary>
internal static class CudaDevices
{
    private static readonly ConcurrentDictionary<DType, ConcurrentBag<CudaDevice>> Idle = [];

    private static bool IsGpu => Environment.GetEnvironmentVariable("LLAVACUDA_TEST_DEVICE") == "gpu";

    private static bool IsRequired => IsGpu || (Environment.GetEnvironmentVariable("LLAVACUDA_REQUIRE") ?? string.Empty).Split(',').Contains("emulator");

    internal static CudaDevice Rent(DType type)
    {
        if (Idle.TryGetValue(type, out ConcurrentBag<CudaDevice>? idle) && idle.TryTake(out CudaDevice? device))
        {
            return device;
        }

        try
        {
            return new CudaDevice(0, type);
        }
        catch (PlatformNotSupportedException fault) when (!IsRequired)
        {
            Assert.Skip(fault.Message);
            throw;
        }
    }

    /// <summary>Takes a device back. One that reports a fault is not lent again.</summary>
    internal static void Return(CudaDevice device)
    {
        try
        {
            device.Synchronize();
        }
        catch
        {
            device.Dispose();
            throw;
        }

        Idle.GetOrAdd(device.ComputeType, static _ => []).Add(device);
    }
}
