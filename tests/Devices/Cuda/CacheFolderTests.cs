using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Tests.Checkpoints;

namespace LlavaCuda.Tests.Devices.Cuda;

public sealed class CacheFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Choose_NamedFolder_NeedNotExist() => Assert.Equal(_folder.At("none"), Choose(("LLAVACUDA_CACHE", _folder.At("none")), ("XDG_CACHE_HOME", _folder.Root)));

    [Fact]
    public void Choose_NamedFile_IsRefused()
    {
        string file = _folder.Write("kernels", string.Empty);
        Assert.Equal($"LLAVACUDA_CACHE names {file}, which is a file; expected a folder.", Assert.Throws<IOException>(() => Choose(("LLAVACUDA_CACHE", file))).Message);
    }

    [Fact]
    public void Choose_NothingNamed_IsInTheUsersCache() => Assert.Equal(_folder.At("llavacuda", "kernels"), Choose(("LLAVACUDA_CACHE", string.Empty), ("XDG_CACHE_HOME", _folder.Root)));

    [Fact]
    public void WhyNotKept_FolderThatCanBeMade_LeavesNothing()
    {
        Assert.Null(CacheFolder.WhyNotKept(_folder.At("a", "b")));
        Assert.Null(CacheFolder.WhyNotKept(_folder.Root));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    // Each container has a process 1 with a thread 1.
    [Fact]
    public void WhyNotKept_AnotherProcessOfTheSameNumberTriesToo_IsNoReason()
    {
        using FileStream other = File.Create(_folder.At(string.Create(CultureInfo.InvariantCulture, $"trial.{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.tmp")));
        Assert.Null(CacheFolder.WhyNotKept(_folder.Root));
    }

    [Fact]
    public void WhyNotKept_FolderThatCannotBeMade_IsNamed()
    {
        string folder = Path.Combine(_folder.Write("file", string.Empty), "kernels");
        Assert.StartsWith($"{folder} cannot be written to (", CacheFolder.WhyNotKept(folder), StringComparison.Ordinal);
    }

    private static string? Choose(params (string Name, string Value)[] variables) => CacheFolder.Choose(name => variables.Where(v => v.Name == name).Select(static v => v.Value).FirstOrDefault());
}
