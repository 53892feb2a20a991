using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <content>Modules, kernels and their launch.</content>
internal static unsafe partial class CudaDriver
{
    private static readonly Lazy<bool> FuncGetParamInfoFound = new(static () => NativeLoader.Exports(NativeComponent.Driver, "cuFuncGetParamInfo"));

    /// <summary>Gets a value indicating whether <see cref="FuncGetParamInfo"/> may be called: drivers since CUDA 12.4 have it.</summary>
    internal static bool HasFuncGetParamInfo => FuncGetParamInfoFound.Value;

    /// <summary>Loads a cubin, or PTX ended by a zero, into the current context.</summary>
    [LibraryImport(Library, EntryPoint = "cuModuleLoadData")]
    internal static partial CudaResult ModuleLoadData(out nint module, void* image);

    /// <summary>Unloads a module, after the work that uses it.</summary>
    [LibraryImport(Library, EntryPoint = "cuModuleUnload")]
    internal static partial CudaResult ModuleUnload(nint module);

    /// <summary>Finds a kernel by its lowered name, a C string.</summary>
    [LibraryImport(Library, EntryPoint = "cuModuleGetFunction")]
    internal static partial CudaResult ModuleGetFunction(out nint function, nint module, byte* name);

    /// <summary>Sets a number of a kernel.</summary>
    [LibraryImport(Library, EntryPoint = "cuFuncSetAttribute")]
    internal static partial CudaResult FuncSetAttribute(nint function, CudaFunctionAttribute attribute, int value);

    /// <summary>Asks where one of a kernel's arguments lies and how long it is: <see cref="CudaResult.InvalidValue"/> behind the last. Only where <see cref="HasFuncGetParamInfo"/>.</summary>
    [LibraryImport(Library, EntryPoint = "cuFuncGetParamInfo")]
    internal static partial CudaResult FuncGetParamInfo(nint function, nuint index, out nuint offset, out nuint bytes);

    /// <summary>Launches a kernel in a stream; <paramref name="arguments"/> holds a pointer to each argument, <paramref name="extra"/> is null.</summary>
    [LibraryImport(Library, EntryPoint = "cuLaunchKernel")]
    internal static partial CudaResult LaunchKernel(
        nint function,
        uint gridX,
        uint gridY,
        uint gridZ,
        uint blockX,
        uint blockY,
        uint blockZ,
        uint sharedBytes,
        nint stream,
        void** arguments,
        void** extra);
}
