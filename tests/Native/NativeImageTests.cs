using LlavaCuda.Native;
using LlavaCuda.Tests.Checkpoints;

namespace LlavaCuda.Tests.Native;

/// <summary>What the system's loader says of files that are no libraries, put into a few words.</summary>
public class NativeImageTests
{
    [Theory]
    [InlineData("")]
    [InlineData("This is no library.")]
    public void Open_FileThatIsNoLibrary_FailsWithAReason(string contents)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("libcuda.so.1", contents);
        string? reason = NativeImage.Reason(Failure(NativeComponent.Driver, path), path);
        Assert.NotNull(reason);
        Assert.DoesNotContain('\n', reason);
        Assert.DoesNotContain(folder.Root, reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NoFile_IsAbsence()
    {
        const string Name = "libllavacuda-none.so.7";
        Assert.Null(NativeImage.Reason(Failure(NativeComponent.Nvrtc, Name), Name));
    }

    [Fact]
    public void Open_OtherLibrary_SaysWhatItLacks()
    {
        string path = OperatingSystem.IsWindows() ? "kernel32.dll" : "libc.so.6";
        Exception error = Failure(NativeComponent.CublasLt, path);
        Assert.Contains("cublasLtGetVersion", NativeImage.Reason(error, path), StringComparison.Ordinal);
    }

    [Fact]
    public void Reason_LibraryThatNeedsAnother_NamesTheOther()
    {
        const string Path = "/opt/libcublasLt.so.12";
        const string Line = "libneeded.so.1: cannot open shared object file: No such file or directory";
        Assert.Equal(Line, NativeImage.Reason(new DllNotFoundException($"Unable to load shared library '{Path}' or one of its dependencies:\n{Line}\n"), Path));
    }

    [Fact]
    public void Reason_OfWindows_IsItsSentence()
    {
        const string Message = "Unable to load DLL 'nvcuda.dll' or one of its dependencies: The specified module could not be found. (0x8007007E)";
        Assert.Null(NativeImage.Reason(new DllNotFoundException(Message), "nvcuda.dll"));
        Assert.Equal("Access is denied. (0x80070005)", NativeImage.Reason(new DllNotFoundException("Unable to load DLL 'a.dll' or one of its dependencies: Access is denied. (0x80070005)"), "a.dll"));
    }

    private static Exception Failure(NativeComponent component, string path)
    {
        Exception? error = Record.Exception(() => NativeImage.Open(component, path));
        Assert.NotNull(error);
        Assert.True(NativeImage.IsFailure(error), error.ToString());
        return error;
    }
}
