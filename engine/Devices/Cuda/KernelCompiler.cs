using System.Runtime.InteropServices;
using System.Text;
using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <summary>Compiles kernels through NVRTC.</summary>
internal sealed unsafe class KernelCompiler
{
    private readonly string[] _options;

    /// <summary>Initializes a new instance of the <see cref="KernelCompiler"/> class.</summary>
    /// <param name="target">What for.</param>
    /// <param name="report">Whether the log tells registers and spills.</param>
    internal KernelCompiler(KernelTarget target, bool report = false)
    {
        Target = target;
        NvrtcException.ThrowIfFailed(Nvrtc.Version(out int major, out int minor));
        Version = $"{major}.{minor}";

        // -lineinfo costs nothing at run time and lets profilers show the kernels' lines.
        _options = [$"--gpu-architecture={target.Option}", "--std=c++17", "-lineinfo", .. (ReadOnlySpan<string>)(report ? ["--ptxas-options=-v"] : [])];
    }

    /// <summary>Gets the target.</summary>
    internal KernelTarget Target { get; }

    /// <summary>Gets NVRTC's version.</summary>
    internal string Version { get; }

    /// <summary>Gets the compute capabilities, 10·major + minor, that this NVRTC knows.</summary>
    internal static int[] SupportedArchitectures()
    {
        NvrtcException.ThrowIfFailed(Nvrtc.GetNumSupportedArchs(out int count));
        int[] architectures = new int[count];
        fixed (int* first = architectures)
        {
            NvrtcException.ThrowIfFailed(Nvrtc.GetSupportedArchs(first));
        }

        return architectures;
    }

    /// <summary>Lists all that the code of a kernel depends on.</summary>
    /// <param name="stem">The file.</param>
    /// <param name="expression">The instance.</param>
    /// <returns>The parts of its key.</returns>
    internal IEnumerable<string> Dependencies(string stem, string expression) =>
        [Version, expression, .. _options, stem, KernelSources.OfStem(stem), .. KernelSources.Headers.SelectMany(static IEnumerable<string> (h) => [h.Name, h.Text])];

    /// <summary>Compiles one instance.</summary>
    /// <param name="stem">The file.</param>
    /// <param name="expression">The instance, as CUDA C++ names it.</param>
    /// <returns>Its code.</returns>
    /// <exception cref="KernelCompileException">The compiler refused it; the message has its log.</exception>
    internal CompiledKernel Compile(string stem, string expression)
    {
        using Utf8Strings texts = new();
        NvrtcException.ThrowIfFailed(Nvrtc.CreateProgram(
            out nint created,
            texts.Add(KernelSources.OfStem(stem)),
            texts.Add(stem + ".cu"),
            KernelSources.Headers.Count,
            texts.AddAll([.. KernelSources.Headers.Select(static h => h.Text)]),
            texts.AddAll([.. KernelSources.Headers.Select(static h => h.Name)])));
        using NvrtcProgramHandle program = new(created);
        byte* name = texts.Add(expression);
        NvrtcException.ThrowIfFailed(Nvrtc.AddNameExpression(created, name), expression);
        NvrtcResult result = Nvrtc.CompileProgram(created, _options.Length, texts.AddAll(_options));
        string log = ReadLog(created);
        if (result == NvrtcResult.Compilation)
        {
            throw new KernelCompileException(stem, expression, Target.Option, log);
        }

        NvrtcException.ThrowIfFailed(result, expression, log);
        NvrtcException.ThrowIfFailed(Nvrtc.GetLoweredName(created, name, out byte* lowered), expression);
        return new CompiledKernel(Marshal.PtrToStringUTF8((nint)lowered)!, Target.IsPtx ? ReadPtx(created) : ReadCubin(created), log);
    }

    private static string ReadLog(nint program)
    {
        NvrtcException.ThrowIfFailed(Nvrtc.GetProgramLogSize(program, out nuint bytes));
        byte[] log = new byte[Math.Max(1, (int)bytes)];
        fixed (byte* first = log)
        {
            NvrtcException.ThrowIfFailed(Nvrtc.GetProgramLog(program, first));
        }

        return Encoding.UTF8.GetString(log).TrimEnd('\0');
    }

    private static byte[] ReadCubin(nint program)
    {
        NvrtcException.ThrowIfFailed(Nvrtc.GetCubinSize(program, out nuint bytes));
        byte[] image = new byte[(int)bytes];
        fixed (byte* first = image)
        {
            NvrtcException.ThrowIfFailed(Nvrtc.GetCubin(program, first));
        }

        return image;
    }

    private static byte[] ReadPtx(nint program)
    {
        NvrtcException.ThrowIfFailed(Nvrtc.GetPtxSize(program, out nuint bytes));
        byte[] image = new byte[(int)bytes];
        fixed (byte* first = image)
        {
            NvrtcException.ThrowIfFailed(Nvrtc.GetPtx(program, first));
        }

        return image;
    }
}
