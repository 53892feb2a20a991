using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Native;

namespace LlavaCuda.Tests.Emulation;

/// <summary>
/// The emulator's second device for the length of a test, with the kernels of <see cref="EmulatorKernels"/>. What a test breaks goes with the context at its end.
/// Tests that use it are in one collection, so that they come one after another.
/// </summary>
internal sealed unsafe class SpareGpu : IDisposable
{
    private static readonly Lazy<TestProgram> Program = new(static () => new TestProgram(EmulatorKernels.Source, EmulatorKernels.Expressions));
    private readonly nint _before;
    private readonly nint _module;

    internal SpareGpu()
    {
        Emulator.Require();
        Check(CudaDriver.Init(0));
        Check(CudaDriver.CtxGetCurrent(out _before));
        Check(CudaDriver.DevicePrimaryCtxRetain(out nint context, Emulator.SpareDevice));
        Check(CudaDriver.CtxSetCurrent(context));
        Assert.Equal(string.Empty, Program.Value.Log);
        _module = Load(Program.Value.Image);
    }

    public void Dispose()
    {
        Emulator.SetOrder(Emulator.Order.Forward);
        Emulator.SetDeferred(false);
        Emulator.FailAllocation(0);
        Emulator.FailLaunch(0, default);
        CudaDriver.DevicePrimaryCtxRelease(Emulator.SpareDevice);
        CudaDriver.CtxSetCurrent(_before);
    }

    internal static void Check(CudaResult result) => Assert.True(result == CudaResult.Success, $"{result}: {Emulator.LastError}");

    internal static nint Load(ReadOnlySpan<byte> image)
    {
        fixed (byte* first = image)
        {
            Check(CudaDriver.ModuleLoadData(out nint module, first));
            return module;
        }
    }

    internal static nint Allocate(long bytes)
    {
        Check(CudaDriver.MemAlloc(out nint address, (nuint)bytes));
        return address;
    }

    internal static nint Upload<T>(params ReadOnlySpan<T> values)
        where T : unmanaged
    {
        nint address = Allocate(values.Length * sizeof(T));
        fixed (T* first = values)
        {
            Check(CudaDriver.MemcpyHtoDAsync(address, first, (nuint)(values.Length * sizeof(T)), 0));
        }

        return address;
    }

    internal static T[] Download<T>(nint address, int count)
        where T : unmanaged
    {
        T[] values = new T[count];
        fixed (T* first = values)
        {
            Check(CudaDriver.MemcpyDtoHAsync(first, address, (nuint)(count * sizeof(T)), 0));
        }

        Check(CudaDriver.StreamSynchronize(0));
        return values;
    }

    internal static CudaResult Launch(nint function, nint stream, LaunchGrid grid, int threads, int sharedBytes, params ReadOnlySpan<KernelArgument> arguments)
    {
        void** table = stackalloc void*[arguments.Length + 1];
        fixed (KernelArgument* first = arguments)
        {
            for (int i = 0; i < arguments.Length; i++)
            {
                table[i] = first + i;
            }

            table[arguments.Length] = null;
            return CudaDriver.LaunchKernel(function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)threads, 1, 1, (uint)sharedBytes, stream, table, null);
        }
    }

    internal nint Function(string expression)
    {
        nint name = Marshal.StringToCoTaskMemUTF8(Program.Value.Lowered(expression));
        CudaResult result = CudaDriver.ModuleGetFunction(out nint function, _module, (byte*)name);
        Marshal.FreeCoTaskMem(name);
        Check(result);
        return function;
    }

    internal CudaResult Launch(string expression, LaunchGrid grid, int threads, int sharedBytes, params ReadOnlySpan<KernelArgument> arguments) =>
        LaunchOn(0, expression, grid, threads, sharedBytes, arguments);

    internal CudaResult LaunchOn(nint stream, string expression, LaunchGrid grid, int threads, int sharedBytes, params ReadOnlySpan<KernelArgument> arguments) =>
        Launch(Function(expression), stream, grid, threads, sharedBytes, arguments);

    /// <summary>A launch fails with this code, and the reason has all these parts.</summary>
    internal static void AssertFails(CudaResult expected, CudaResult actual, params string[] parts)
    {
        Assert.Equal(expected, actual);
        Assert.All(parts, part => Assert.Contains(part, Emulator.LastError, StringComparison.Ordinal));
    }
}
