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

    [Fact]
    public void CacheThatIsAFile_IsNamed()
    {
        string file = Path.Combine(_folder, "kernels");
        File.WriteAllText(file, "a file where a folder should be");
        AssertFails(All, [("LLAVACUDA_CACHE", file)], $"LLAVACUDA_CACHE names {file}, which is a file; expected a folder.");
    }

    /// <summary>That is no error: the device opens, and only the model is missing.</summary>
    [Fact]
    public void CacheThatCannotBeWritten_IsTold()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "a file where a folder should be");
        (int exit, string error) = Verify("/no/such/folder", "cuda", All, ("LLAVACUDA_CACHE", Path.Combine(file, "kernels")));
        Assert.Equal(1, exit);
        string[] lines = error.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith($"llava: compiled kernels are not kept for the next run: {file}/kernels cannot be written to (", lines[0], StringComparison.Ordinal);
        Assert.Contains("/no/such/folder", lines[1], StringComparison.Ordinal);
    }

    private void AssertFails(string[] libraries, (string Name, string Value)[] environment, params string[] words) => AssertFailsOn(1, "cuda", libraries, environment, words);

    private void AssertFailsOn(int code, string device, string[] libraries, (string Name, string Value)[] environment, params string[] words)
    {
        (int exit, string error) = Verify(ReferenceFiles.Shipped("layouts", "huggingface"), device, libraries, environment);
        Assert.Equal(code, exit);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.All(words, word => Assert.Contains(word, error, StringComparison.Ordinal));
    }

    private (int Exit, string Error) Verify(string model, string device, string[] libraries, params (string Name, string Value)[] environment)
    {
        Assert.SkipUnless(Emulator.IsAvailable, Emulator.Reason ?? string.Empty);
        foreach (string library in libraries)
        {
            File.CreateSymbolicLink(Path.Combine(_folder, library), Path.Combine(Environment.GetEnvironmentVariable("LLAVACUDA_CUDA_PATH")!, library));
        }

        (int exit, _, string error) = LlavaProcess.Run([("LLAVACUDA_CUDA_PATH", _folder), .. environment], "verify", "--model", model, "--device", device);
        return (exit, error);
    }
}
