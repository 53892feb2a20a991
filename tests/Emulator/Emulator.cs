using System.Reflection;
using System.Runtime.InteropServices;
using LlavaCuda.Native;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace LlavaCuda.Tests.Emulation;

/// <summary>
/// The CUDA machine that the tests run on where there is no GPU: a library with the entry points of the driver, NVRTC and cuBLASLt that runs kernels on the processor.
/// Orders and injected failures belong to the calling thread, so that tests run beside each other; what breaks a context belongs on a device of its own.
/// </summary>
internal static unsafe partial class Emulator
{
    /// <summary>The device whose context may be broken by a test: no other test uses it.</summary>
    internal const int SpareDevice = 1;

    private const string Library = "llavacuda_emulator";
    private static readonly string? Folder;

    static Emulator()
    {
        if (Environment.GetEnvironmentVariable("LLAVACUDA_TEST_DEVICE") == "gpu")
        {
            Reason = "The tests were asked to run on a GPU.";
        }
        else if (EmulatorBuild.TryFind(out Folder, out string? reason))
        {
            // Kernels that were compiled with another version of the emulator must not be found.
            Environment.SetEnvironmentVariable("LLAVACUDA_CUDA_PATH", Folder);
            Environment.SetEnvironmentVariable("LLAVACUDA_CACHE", Path.Combine(Folder, "kernels"));
            NativeLibrary.SetDllImportResolver(typeof(Emulator).Assembly, Resolve);
        }
        else
        {
            Reason = reason;
        }
    }

    /// <summary>The order in which the threads of a block run.</summary>
    internal enum Order
    {
        /// <summary>Ascending.</summary>
        Forward,

        /// <summary>Descending.</summary>
        Reverse,

        /// <summary>Random, by a seed.</summary>
        Shuffled,
    }

    /// <summary>Gets why there is no emulator, or null where there is one.</summary>
    internal static string? Reason { get; }

    /// <summary>Gets a value indicating whether kernels can be run.</summary>
    internal static bool IsAvailable => Reason is null;

    /// <summary>Gets what made the calling thread's last failing call fail.</summary>
    internal static string LastError => Marshal.PtrToStringUTF8(LastErrorText()) ?? string.Empty;

    /// <summary>Skips the test where there is no emulator; fails it if <c>LLAVACUDA_REQUIRE</c> names the emulator.</summary>
    internal static void Require()
    {
        bool required = (Environment.GetEnvironmentVariable("LLAVACUDA_REQUIRE") ?? string.Empty).Split(',').Contains("emulator");
        Assert.False(required && !IsAvailable, Reason);
        Assert.SkipUnless(IsAvailable, Reason ?? string.Empty);
    }

    /// <summary>Says in which order the threads of this thread's launches run.</summary>
    /// <param name="order">Which.</param>
    /// <param name="seed">For the shuffled order.</param>
    internal static void SetOrder(Order order, ulong seed = 1) => SetOrderNumber((int)order, seed);

    /// <summary>Makes this thread's n-th allocation from now on fail; 0 takes it back.</summary>
    [LibraryImport(Library, EntryPoint = "emulatorFailAllocation")]
    internal static partial void FailAllocation(long n);

    /// <summary>Makes this thread's n-th launch from now on fail with a code; 0 takes it back.</summary>
    [LibraryImport(Library, EntryPoint = "emulatorFailLaunch")]
    internal static partial void FailLaunch(long n, CudaResult code);

    /// <summary>Streams that this thread makes from now on keep their work until somebody waits for it, and do it in a random order.</summary>
    [LibraryImport(Library, EntryPoint = "emulatorSetDeferred")]
    internal static partial void SetDeferred([MarshalAs(UnmanagedType.Bool)] bool deferred);

    /// <summary>Says how many multiprocessors this thread is told that the device has; 0 for the usual few.</summary>
    [LibraryImport(Library, EntryPoint = "emulatorSetMultiprocessors")]
    internal static partial void SetMultiprocessors(int count);

    /// <summary>
    /// Says whether the memory of this thread's current device is out of reach of the host's code, as a GPU's is. A touch makes the next call fail. It ends with the context.
    /// </summary>
    [LibraryImport(Library, EntryPoint = "emulatorSetGuarded")]
    internal static partial void SetGuarded([MarshalAs(UnmanagedType.Bool)] bool guarded);

    /// <summary>Tells what this thread has asked for, and how many bytes its current device has given.</summary>
    [LibraryImport(Library, EntryPoint = "emulatorGetStatistics")]
    internal static partial void GetStatistics(out EmulatorStatistics statistics);

    /// <summary>Sets this thread's counts to zero, and the peak of bytes to those in use.</summary>
    [LibraryImport(Library, EntryPoint = "emulatorResetStatistics")]
    internal static partial void ResetStatistics();

    /// <summary>Tells whether variables without a value get a pattern: older compilers cannot do that.</summary>
    [LibraryImport(Library, EntryPoint = "emulatorFillsVariables")]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool FillsVariables();

    /// <summary>Tells the share of the cache that a function's shared memory was asked to have, in percent; -1 if nobody has asked.</summary>
    [LibraryImport(Library, EntryPoint = "emulatorGetSharedCarveout")]
    internal static partial int SharedCarveout(nint function);

    /// <summary>Changes the machine; zero keeps a value.</summary>
    [LibraryImport(Library, EntryPoint = "emulatorConfigure")]
    internal static partial void Configure(ulong memoryBytes, int architecture, int driverVersion, int devices);

    [LibraryImport(Library, EntryPoint = "emulatorSetOrder")]
    private static partial void SetOrderNumber(int order, ulong seed);

    [LibraryImport(Library, EntryPoint = "emulatorLastError")]
    private static partial nint LastErrorText();

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        name == Library && Folder is not null ? NativeLibrary.Load(Path.Combine(Folder, "libcuda.so.1")) : 0;
}
