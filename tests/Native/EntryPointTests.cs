using System.Reflection;
using System.Runtime.InteropServices;
using LlavaCuda.Native;

namespace LlavaCuda.Tests.Native;

/// <summary>The native functions that the engine imports: none that is not listed here as one that drivers and libraries of both CUDA 12 and CUDA 13 export.</summary>
public class EntryPointTests
{
    private const BindingFlags Any = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    // CUDA 13's headers map cuEventElapsedTime to a newer suffix; the driver goes on to export the old one for programs that were built before.
    private static readonly string[] Driver =
    [
        "cuCtxGetCurrent", "cuCtxSetCurrent", "cuCtxSynchronize",
        "cuDeviceGet", "cuDeviceGetAttribute", "cuDeviceGetCount", "cuDeviceGetName", "cuDevicePrimaryCtxRelease_v2", "cuDevicePrimaryCtxRetain", "cuDeviceTotalMem_v2",
        "cuDriverGetVersion",
        "cuEventCreate", "cuEventDestroy_v2", "cuEventElapsedTime", "cuEventQuery", "cuEventRecord", "cuEventSynchronize",
        "cuFuncGetAttribute", "cuFuncGetParamInfo", "cuFuncSetAttribute",
        "cuGetErrorName", "cuGetErrorString",
        "cuGraphDestroy", "cuGraphExecDestroy", "cuGraphInstantiateWithFlags", "cuGraphLaunch",
        "cuInit", "cuLaunchKernel",
        "cuMemAlloc_v2", "cuMemFreeHost", "cuMemFree_v2", "cuMemGetInfo_v2", "cuMemHostAlloc",
        "cuMemcpyDtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuMemcpyHtoDAsync_v2", "cuMemsetD32Async", "cuMemsetD8Async",
        "cuModuleGetFunction", "cuModuleLoadData", "cuModuleUnload",
        "cuOccupancyMaxActiveBlocksPerMultiprocessor",
        "cuStreamBeginCapture_v2", "cuStreamCreate", "cuStreamDestroy_v2", "cuStreamEndCapture", "cuStreamIsCapturing", "cuStreamQuery", "cuStreamSynchronize", "cuStreamWaitEvent",
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
        "cublasLtMatrixLayoutCreate", "cublasLtMatrixLayoutDestroy", "cublasLtMatrixLayoutSetAttribute",
    ];

    [Fact]
    public void Driver_Imports_AreTheListedOnes() => AreListed(Driver, typeof(CudaDriver), NativeLoader.DriverLibrary, "cu");

    [Fact]
    public void Nvrtc_Imports_AreTheListedOnes() => AreListed(Compiler, typeof(Nvrtc), NativeLoader.NvrtcLibrary, "nvrtc");

    [Fact]
    public void CublasLt_Imports_AreTheListedOnes() => AreListed(Products, typeof(CublasLt), NativeLoader.CublasLtLibrary, "cublasLt");

    [Fact]
    public void Engine_HasNoOtherImports()
    {
        Type[] known = [typeof(CudaDriver), typeof(Nvrtc), typeof(CublasLt)];
        IEnumerable<MethodInfo> methods = typeof(CudaDriver).Assembly.GetTypes().Except(known).SelectMany(static t => t.GetMethods(Any | BindingFlags.DeclaredOnly));
        Assert.DoesNotContain(methods, static m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl));
    }

    private static void AreListed(string[] listed, Type type, string library, string prefix)
    {
        (string Method, DllImportAttribute Import)[] imports =
        [
            .. type.GetMethods(Any).Select(static m => (m.Name, m.GetCustomAttribute<DllImportAttribute>())).Where(static m => m.Item2 is not null).Select(static m => (m.Name, m.Item2!)),
        ];
        Assert.Equal(listed.Order(StringComparer.Ordinal), imports.Select(static i => i.Import.EntryPoint!).Order(StringComparer.Ordinal));
        Assert.All(imports, i => Assert.Equal(library, i.Import.Value));

        // The method bears the function's name: without prefix and suffix, and in .NET's casing. What the generator wraps has a name of its own.
        Assert.All(imports.Where(static i => !i.Method.Contains("__PInvoke", StringComparison.Ordinal)), i =>
            Assert.Equal(i.Import.EntryPoint![prefix.Length..].Replace("_v2", string.Empty, StringComparison.Ordinal), i.Method, ignoreCase: true));
    }
}
