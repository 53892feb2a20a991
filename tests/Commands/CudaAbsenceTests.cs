using LlavaCuda.Tests.Emulation;

namespace LlavaCuda.Tests.Commands;

/// <summary><c>--device cuda</c> where something is missing or a variable has no meaning: one line that names it, and where it was looked for. Each case in a process of its own, with the emulator's libraries or some of them.</summary>
[Trait("Category", "Emulator")]
public sealed class CudaAbsenceTests : IDisposable
{
    private static readonly string[] All = ["libcuda.so.1", "libnvrtc.so.12", "libcublasLt.so.12"];
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-cuda-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void NoDriver_IsNamedWithThePlaces() => AssertFails([], [], "NVIDIA driver", "libcuda.so.1", _folder);

    [Fact]
    public void OldDriver_IsNamedWithItsVersion() => AssertFails(All, [("EMULATOR_DRIVER_VERSION", "11040")], "driver", "11.4", "12");

    [Fact]
    public void NoNvrtc_IsNamedWithThePlaces() => AssertFails(["libcuda.so.1", "libcublasLt.so.12"], [], "NVRTC", "libnvrtc.so.12", _folder);

    [Fact]
    public void NoCublasLt_IsNamedWithThePlaces() => AssertFails(["libcuda.so.1", "libnvrtc.so.12"], [], "cuBLASLt", "libcublasLt.so.12", _folder);

    [Fact]
    public void LittleMemory_IsNamedWithTheBytes() => AssertFails(All, [("EMULATOR_MEMORY_BYTES", "100000")], "Cannot allocate", "bytes for", "free");

    [Fact]
    public void NoSuchDevice_IsNamed() => AssertFailsOn(1, "cuda:7", All, [], "no CUDA device 7");

    [Theory]
    [InlineData("LLAVACUDA_AUTOTUNE")]
    [InlineData("LLAVACUDA_SYNCHRONOUS")]
    public void SwitchThatIsNoSwitch_IsNamedWithItsValue(string variable) => AssertFailsOn(2, "cuda", All, [(variable, "yes")], $"{variable} is 'yes'; expected 0 or 1.");

    private void AssertFails(string[] libraries, (string Name, string Value)[] environment, params string[] words) => AssertFailsOn(1, "cuda", libraries, environment, words);

    private void AssertFailsOn(int code, string device, string[] libraries, (string Name, string Value)[] environment, params string[] words)
    {
        Assert.SkipUnless(Emulator.IsAvailable, Emulator.Reason ?? string.Empty);
        foreach (string library in libraries)
        {
            File.CreateSymbolicLink(Path.Combine(_folder, library), Path.Combine(Environment.GetEnvironmentVariable("LLAVACUDA_CUDA_PATH")!, library));
        }

        (int exit, _, string error) = LlavaProcess.Run(
            [("LLAVACUDA_CUDA_PATH", _folder), .. environment],
            "verify",
            "--model",
            ReferenceFiles.Shipped("layouts", "huggingface"),
            "--device",
            device);
        Assert.Equal(code, exit);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.All(words, word => Assert.Contains(word, error, StringComparison.Ordinal));
    }
}
