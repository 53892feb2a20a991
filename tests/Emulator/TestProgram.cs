using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Native;

namespace LlavaCuda.Tests.Emulation;

/// <summary>A source compiled through NVRTC's entry points: the result, the log, the image and the kernels' names in it.</summary>
internal sealed unsafe class TestProgram
{
    private readonly Dictionary<string, string> _lowered = [];

    internal TestProgram(string source, string[] expressions, params string[] options)
    {
        using Utf8Strings texts = new();
        Check(Nvrtc.CreateProgram(
            out nint program,
            texts.Add(source),
            texts.Add(EmulatorKernels.FileName),
            KernelSources.Headers.Count,
            texts.AddAll([.. KernelSources.Headers.Select(static h => h.Text)]),
            texts.AddAll([.. KernelSources.Headers.Select(static h => h.Name)])));
        using NvrtcProgramHandle handle = new(program);
        byte*[] names = new byte*[expressions.Length];
        for (int i = 0; i < expressions.Length; i++)
        {
            names[i] = texts.Add(expressions[i]);
            Check(Nvrtc.AddNameExpression(program, names[i]));
        }

        string[] all = options.Length > 0 ? options : ["--gpu-architecture=sm_90a"];
        Result = Nvrtc.CompileProgram(program, all.Length, texts.AddAll(all));
        Check(Nvrtc.GetProgramLogSize(program, out nuint bytes));
        byte[] log = new byte[bytes];
        fixed (byte* first = log)
        {
            Check(Nvrtc.GetProgramLog(program, first));
        }

        Log = System.Text.Encoding.UTF8.GetString(log).TrimEnd('\0');
        if (Result != NvrtcResult.Success)
        {
            return;
        }

        for (int i = 0; i < expressions.Length; i++)
        {
            Check(Nvrtc.GetLoweredName(program, names[i], out byte* name));
            _lowered[expressions[i]] = Marshal.PtrToStringUTF8((nint)name)!;
        }

        Check(Nvrtc.GetCubinSize(program, out nuint size));
        Image = new byte[size];
        fixed (byte* first = Image)
        {
            if (size > 0)
            {
                Check(Nvrtc.GetCubin(program, first));
            }
        }
    }

    internal NvrtcResult Result { get; }

    internal string Log { get; }

    internal byte[] Image { get; } = [];

    internal string Lowered(string expression) => _lowered[expression];

    private static void Check(NvrtcResult result) => Assert.Equal(NvrtcResult.Success, result);
}
