using LlavaCuda.Images;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Tests.Commands;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Tests.Images;

public class SkiaLibraryTests
{
    private static readonly string Extension = OperatingSystem.IsWindows() ? ".dll" : OperatingSystem.IsMacOS() ? ".dylib" : ".so";

    [Fact]
    public void Reason_Here_IsNone() => Assert.Null(SkiaLibrary.Reason);

    [Fact]
    public void Find_NoFile_NamesFileAndFolder()
    {
        using TemporaryFolder folder = new();
        Assert.Equal($"libNoSuch{Extension} is missing from {folder.Root}; it belongs next to the program", SkiaLibrary.Find("libNoSuch", typeof(SkiaLibraryTests).Assembly, folder.Root));
    }

    [Fact]
    public void Find_FileThatIsNoLibrary_SaysItCannotBeLoaded()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write($"libNoSuch{Extension}", "text");
        string reason = SkiaLibrary.Find("libNoSuch", typeof(SkiaLibraryTests).Assembly, folder.Root)!;
        Assert.StartsWith($"{file} cannot be loaded on ", reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', reason);
    }

    [Fact]
    public void Unwrap_TypeInitializer_IsItsCause()
    {
        DllNotFoundException cause = new("libSomething.so is missing");
        Assert.Same(cause, ExitCode.Unwrap(new TypeInitializationException("Some.Type", new TypeInitializationException("Some.Other", cause))));
    }

    /// <summary>The program as somebody copies it who forgets the native library.</summary>
    [Fact]
    public void Program_WithoutTheLibrary_SaysWhereItBelongs()
    {
        Assert.SkipWhen(LlavaProcess.CarriesItsRuntime, "The folder carries the runtime.");
        using TemporaryFolder folder = new();
        string needed = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "llava.deps.json"));
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory))
        {
            string name = Path.GetFileName(file);
            if (name.StartsWith("llava.", StringComparison.Ordinal) || (name.EndsWith(".dll", StringComparison.Ordinal) && needed.Contains($"/{name}\"", StringComparison.Ordinal)) || name == "LlavaCuda.Engine.dll")
            {
                File.Copy(file, folder.At(name));
            }
        }

        (int exit, string output, string error) = LlavaProcess.RunIn(folder.Root, "llava", [], "ask", "--model", ReferenceFiles.Shipped("layouts", "huggingface"), "-q", "hi", "--image", ReferenceFiles.Shipped("decoding", "420.jpg"), "--device", "cpu");
        Assert.Equal(1, exit);
        Assert.Empty(output);
        Assert.Equal($"llava: Images cannot be read or written: libSkiaSharp{Extension} is missing from {folder.Root}{Path.DirectorySeparatorChar}; it belongs next to the program.", error.TrimEnd().Split(Environment.NewLine)[^1]);
        Assert.Contains($"images   libSkiaSharp{Extension} is missing from", LlavaProcess.RunIn(folder.Root, "llava", [], "doctor").Output, StringComparison.Ordinal);
    }
}
