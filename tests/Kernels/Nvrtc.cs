using LlavaCuda.Tests.Commands;

namespace LlavaCuda.Tests.Kernels;

/// <summary>
/// NVIDIA's own compiler, in a process of its own: this process has the emulator's in its place. It is looked for in <c>LLAVACUDA_NVRTC</c>, else where the program looks.
/// </summary>
internal static class Nvrtc
{
    private static readonly Lazy<(int Exit, string Output)> Probe = new(static () => RunKernels("--only", "fill_forward", "--arch", "sm_90a"));

    /// <summary>Gets a value indicating whether it is on this machine.</summary>
    internal static bool IsThere => Probe.Value.Exit == 0;

    /// <summary>Gets a value indicating whether its absence is a failure.</summary>
    internal static bool IsRequired => (Environment.GetEnvironmentVariable("LLAVACUDA_REQUIRE") ?? string.Empty).Split(',').Contains("nvrtc");

    /// <summary>Gets why it is not there.</summary>
    internal static string Absence => Probe.Value.Output.Trim();

    /// <summary>Runs <c>llava kernels</c>.</summary>
    internal static (int Exit, string Output) RunKernels(params string[] arguments)
    {
        (int exit, string output, string error) = LlavaProcess.Run([("LLAVACUDA_CUDA_PATH", Environment.GetEnvironmentVariable("LLAVACUDA_NVRTC") ?? string.Empty)], ["kernels", .. arguments]);
        return (exit, output + error);
    }
}
