using System.Diagnostics;
using LlavaCuda.Tests.Emulation;

namespace LlavaCuda.Tests.Commands;

/// <summary><c>--device cuda</c> where something is missing: one line that names it and where it was looked for. Each case in a process of its own, with the emulator's libraries or some of them.</summary>
[Trait("Category", "Emulator")]
public sealed class CudaAbsenceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-cuda-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void NoDriver_IsNamedWithThePlaces() => AssertFails([], [], "NVIDIA driver", "libcuda.so.1", _folder);

    [Fact]
    public void OldDriver_IsNamedWithItsVersion() => AssertFails(["libcuda.so.1", "libnvrtc.so.12", "libcublasLt.so.12"], [("EMULATOR_DRIVER_VERSION", "11040")], "driver", "11.4", "12");

    [Fact]
    public void NoNvrtc_IsNamedWithThePlaces() => AssertFails(["libcuda.so.1", "libcublasLt.so.12"], [], "NVRTC", "libnvrtc.so.12", _folder);

    [Fact]
    public void NoCublasLt_IsNamedWithThePlaces() => AssertFails(["libcuda.so.1", "libnvrtc.so.12"], [], "cuBLASLt", "libcublasLt.so.12", _folder);

    [Fact]
    public void LittleMemory_IsNamedWithTheBytes() => AssertFails(["libcuda.so.1", "libnvrtc.so.12", "libcublasLt.so.12"], [("EMULATOR_MEMORY_BYTES", "100000")], "Cannot allocate", "bytes for", "free");

    [Fact]
    public void NoSuchDevice_IsNamed() => AssertFailsOn("cuda:7", ["libcuda.so.1", "libnvrtc.so.12", "libcublasLt.so.12"], [], "no CUDA device 7");

    private void AssertFails(string[] libraries, (string Name, string Value)[] environment, params string[] words) => AssertFailsOn("cuda", libraries, environment, words);

    private void AssertFailsOn(string device, string[] libraries, (string Name, string Value)[] environment, params string[] words)
    {
        Assert.SkipUnless(Emulator.IsAvailable, Emulator.Reason ?? string.Empty);
        foreach (string library in libraries)
        {
            File.CreateSymbolicLink(Path.Combine(_folder, library), Path.Combine(Environment.GetEnvironmentVariable("LLAVACUDA_CUDA_PATH")!, library));
        }

        ProcessStartInfo start = new(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LLAVACUDA_CUDA_PATH"] = _folder;
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        foreach (string argument in (string[])[Path.Combine(AppContext.BaseDirectory, "llava.dll"), "verify", "--model", ReferenceFiles.Shipped("layouts", "huggingface"), "--device", device])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(1, process.ExitCode);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.All(words, word => Assert.Contains(word, error, StringComparison.Ordinal));
    }
}
