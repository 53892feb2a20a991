using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Training;

public sealed class OutputLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("out")]
    [InlineData("link")]
    [InlineData("parent/out")]
    public void Take_EverySpelling_IsOneLock(string other)
    {
        Directory.CreateDirectory(_folder.At("out"));
        Directory.CreateSymbolicLink(_folder.At("link"), "out");
        Directory.CreateSymbolicLink(_folder.At("parent"), _folder.Root);

        using (OutputLock.Take(_folder.At("out")))
        {
            OneLine.Throws<IOException>(() => OutputLock.Take(_folder.At(other)), _folder.At(other), "in use by another run");
        }

        OutputLock.Take(_folder.At(other)).Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.At("out")));
    }

    [Fact]
    public void Take_FileOfAKilledRun_IsTakenOver()
    {
        _folder.Write("out/.lock", string.Empty);

        OutputLock.Take(_folder.At("out")).Dispose();

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.At("out")));
    }

    [Fact]
    public void Dispose_NothingWasWritten_LeavesNoFolders()
    {
        OutputLock.Take(_folder.At("some", "new", "out")).Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));

        using (OutputLock.Take(_folder.At("some", "new", "out")))
        {
            _folder.Write("some/new/out/result", "x");
        }

        Assert.True(File.Exists(_folder.At("some", "new", "out", "result")));
    }

    [Theory]
    [InlineData("/proc/x")]
    [InlineData("/proc/x/y")]
    [InlineData("/dev/null")]
    [InlineData("/dev/null/x")]
    [InlineData("/sys/x")]
    public void Take_PlaceThatCannotBeWritten_IsNotCalledInUse(string folder)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the paths are those of Linux");

        AssertNotInUse(folder);
    }

    [Fact]
    public void Take_NameTooLong_IsNotCalledInUse() => AssertNotInUse(_folder.At(new string('n', 260)));

    private static void AssertNotInUse(string folder)
    {
        IOException error = Assert.Throws<IOException>(() => OutputLock.Take(folder));
        Assert.StartsWith(folder, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("in use", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
