using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>The functions of NVRTC, the CUDA compiler, that the engine calls, under their names without <c>nvrtc</c>. Strings are UTF-8 and end with a zero.</summary>
internal static unsafe partial class Nvrtc
{
    private const string Library = NativeLoader.NvrtcLibrary;

    /// <summary>Asks for NVRTC's version.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcVersion")]
    internal static partial NvrtcResult Version(out int major, out int minor);

    /// <summary>Counts the architectures that NVRTC compiles for.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcGetNumSupportedArchs")]
    internal static partial NvrtcResult GetNumSupportedArchs(out int count);

    /// <summary>Writes the architectures that NVRTC compiles for, 90 for <c>sm_90</c>, in rising order.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcGetSupportedArchs")]
    internal static partial NvrtcResult GetSupportedArchs(int* architectures);

    /// <summary>Gives the name of a result code, as a C string that lives on.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcGetErrorString")]
    internal static partial byte* GetErrorString(NvrtcResult result);

    /// <summary>Makes a program of a source and the headers that it may include.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcCreateProgram")]
    internal static partial NvrtcResult CreateProgram(out nint program, byte* source, byte* name, int headerCount, byte** headers, byte** includeNames);

    /// <summary>Destroys a program and sets its handle to 0.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcDestroyProgram")]
    internal static partial NvrtcResult DestroyProgram(ref nint program);

    /// <summary>Asks, before the compilation, for the instance of a template that an expression names.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcAddNameExpression")]
    internal static partial NvrtcResult AddNameExpression(nint program, byte* expression);

    /// <summary>Compiles.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcCompileProgram")]
    internal static partial NvrtcResult CompileProgram(nint program, int optionCount, byte** options);

    /// <summary>Asks for the bytes of the log with its closing zero.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcGetProgramLogSize")]
    internal static partial NvrtcResult GetProgramLogSize(nint program, out nuint bytes);

    /// <summary>Writes the log.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcGetProgramLog")]
    internal static partial NvrtcResult GetProgramLog(nint program, byte* log);

    /// <summary>Gives the name in the module of what an expression named; it lives as long as the program.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcGetLoweredName")]
    internal static partial NvrtcResult GetLoweredName(nint program, byte* expression, out byte* name);

    /// <summary>Asks for the bytes of the cubin: 0 when the options asked for PTX only.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcGetCUBINSize")]
    internal static partial NvrtcResult GetCubinSize(nint program, out nuint bytes);

    /// <summary>Writes the cubin.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcGetCUBIN")]
    internal static partial NvrtcResult GetCubin(nint program, byte* cubin);

    /// <summary>Asks for the bytes of the PTX with its closing zero.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcGetPTXSize")]
    internal static partial NvrtcResult GetPtxSize(nint program, out nuint bytes);

    /// <summary>Writes the PTX.</summary>
    [LibraryImport(Library, EntryPoint = "nvrtcGetPTX")]
    internal static partial NvrtcResult GetPtx(nint program, byte* ptx);
}
