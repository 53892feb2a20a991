using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using LlavaCuda.Native;

namespace LlavaCuda.Tests.Native;

/// <summary>
/// The native functions that the engine imports: none that is not listed here, as one that drivers and libraries of both CUDA 12 and
/// CUDA 13 export or as one of the system's that .NET lacks.
/// </summary>
public partial class EntryPointTests
{
    private const BindingFlags Any = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    // CUDA 13's headers map cuEventElapsedTime to a newer suffix; the driver goes on to export the old one for programs that were built before.
    private static readonly string[] Driver =
    [
        "cuCtxGetCurrent", "cuCtxSetCurrent",
        "cuDeviceGet", "cuDeviceGetAttribute", "cuDeviceGetCount", "cuDeviceGetName", "cuDevicePrimaryCtxRelease_v2", "cuDevicePrimaryCtxRetain", "cuDeviceTotalMem_v2",
        "cuEventCreate", "cuEventDestroy_v2", "cuEventElapsedTime", "cuEventRecord", "cuEventSynchronize",
        "cuFuncGetParamInfo", "cuFuncSetAttribute",
        "cuGetErrorName", "cuGetErrorString",
        "cuGraphDestroy", "cuGraphExecDestroy", "cuGraphInstantiateWithFlags", "cuGraphLaunch",
        "cuInit", "cuLaunchKernel",
        "cuMemAlloc_v2", "cuMemFreeHost", "cuMemFree_v2", "cuMemGetInfo_v2", "cuMemHostAlloc",
        "cuMemcpyDtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuMemcpyHtoDAsync_v2", "cuMemsetD8Async",
        "cuModuleGetFunction", "cuModuleLoadData", "cuModuleUnload",
        "cuStreamBeginCapture_v2", "cuStreamCreate", "cuStreamDestroy_v2", "cuStreamEndCapture", "cuStreamIsCapturing", "cuStreamSynchronize", "cuStreamWaitEvent",
    ];

    private static readonly string[] Compiler =
    [
        "nvrtcAddNameExpression", "nvrtcCompileProgram", "nvrtcCreateProgram", "nvrtcDestroyProgram",
        "nvrtcGetCUBIN", "nvrtcGetCUBINSize", "nvrtcGetErrorString", "nvrtcGetLoweredName", "nvrtcGetNumSupportedArchs",
        "nvrtcGetPTX", "nvrtcGetPTXSize", "nvrtcGetProgramLog", "nvrtcGetProgramLogSize", "nvrtcGetSupportedArchs", "nvrtcVersion",
    ];

    private static readonly string[] Products =
    [
        "cublasLtCreate", "cublasLtDestroy", "cublasLtGetStatusString", "cublasLtGetVersion", "cublasLtMatmul", "cublasLtMatmulAlgoGetHeuristic",
        "cublasLtMatmulDescCreate", "cublasLtMatmulDescDestroy", "cublasLtMatmulDescSetAttribute",
        "cublasLtMatmulPreferenceCreate", "cublasLtMatmulPreferenceDestroy", "cublasLtMatmulPreferenceSetAttribute",
        "cublasLtMatrixLayoutCreate", "cublasLtMatrixLayoutDestroy",
    ];

    [Fact]
    public void Driver_Imports_AreTheListedOnes() => AreListed(Driver, typeof(CudaDriver), NativeLoader.DriverLibrary, "cu");

    [Fact]
    public void Nvrtc_Imports_AreTheListedOnes() => AreListed(Compiler, typeof(Nvrtc), NativeLoader.NvrtcLibrary, "nvrtc");

    [Fact]
    public void CublasLt_Imports_AreTheListedOnes() => AreListed(Products, typeof(CublasLt), NativeLoader.CublasLtLibrary, "cublasLt");

    [Fact]
    public void System_Imports_AreTheListedOnes() =>
        Assert.Equal(["close", "fsync", "open"], Imports(typeof(FolderFlush)).Select(static i => i.Import.EntryPoint).Order(StringComparer.Ordinal));

    [Fact]
    public void Engine_HasNoOtherImports()
    {
        Type[] known = [typeof(CudaDriver), typeof(Nvrtc), typeof(CublasLt), typeof(FolderFlush)];
        IEnumerable<MethodInfo> methods = typeof(CudaDriver).Assembly.GetTypes().Except(known).SelectMany(static t => t.GetMethods(Any | BindingFlags.DeclaredOnly));
        Assert.DoesNotContain(methods, static m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl));
    }

    [Fact]
    public void Imports_All_AreCalledByTheEngine()
    {
        string sources = RepositoryFolder.Sources("engine");
        IEnumerable<string> calls = from type in (Type[])[typeof(CudaDriver), typeof(Nvrtc), typeof(CublasLt)] from import in Imports(type) select $"{type.Name}.{import.Method}(";
        Assert.DoesNotContain(calls, call => !sources.Contains(call, StringComparison.Ordinal));
    }

    /// <summary>The emulator has what the engine asks for and nothing that nobody calls.</summary>
    [Fact]
    public void Emulator_Exports_AreTheImports()
    {
        string sources = string.Concat(Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Emulator", "native"), "*.cpp").Select(File.ReadAllText));
        IEnumerable<string> exports = Export().Matches(sources).Select(static match => match.Groups["name"].Value);

        // The version of a driver is asked for before any import may be: see NativeImage.
        Assert.Equal([.. ((string[])[.. Driver, .. Compiler, .. Products, "cuDriverGetVersion"]).Order(StringComparer.Ordinal)], exports.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"EXPORT [^\n(]*\b(?<name>(cu|nvrtc|cublasLt)[A-Z]\w*)\(")]
    private static partial Regex Export();

    private static void AreListed(string[] listed, Type type, string library, string prefix)
    {
        (string Method, DllImportAttribute Import)[] imports = [.. Imports(type)];
        Assert.Equal(listed.Order(StringComparer.Ordinal), imports.Select(static i => i.Import.EntryPoint!).Order(StringComparer.Ordinal));
        Assert.All(imports, i => Assert.Equal(library, i.Import.Value));

        // The method bears the function's name: without prefix and suffix, and in .NET's casing.
        Assert.All(imports, i => Assert.Equal(i.Import.EntryPoint![prefix.Length..].Replace("_v2", string.Empty, StringComparison.Ordinal), i.Method, ignoreCase: true));
    }

    // Where the generator wraps a function, the import is a local function, named <TheMethod>g____PInvoke.
    private static IEnumerable<(string Method, DllImportAttribute Import)> Imports(Type type) =>
        from method in type.GetMethods(Any)
        let import = method.GetCustomAttribute<DllImportAttribute>()
        where import is not null
        select (method.Name.TrimStart('<').Split('>')[0], import);
}
