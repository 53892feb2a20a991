using LlavaCuda.Checkpoints;

namespace LlavaCuda.Tests.Checkpoints;

public sealed class AtomicFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_AfterASwapThatStoppedHalfway_FinishesItFirst()
    {
        _folder.Write("model/config.json", "new");
        _folder.Write(".model.replaced/config.json", "old");
        _folder.Write(".model.replaced/notes.txt", "mine");
        _folder.Write(".model.writing/config.json", "half");

        Assert.Throws<IOException>(() => AtomicFolder.Write(_folder.At("model"), static _ => throw new IOException("stop")));

        Assert.Equal("new", File.ReadAllText(_folder.At("model", "config.json")));
        Assert.Equal("mine", File.ReadAllText(_folder.At("model", "notes.txt")));
        Assert.Equal([_folder.At("model")], Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Write_OlderFolderLostItsName_GetsItBack()
    {
        _folder.Write(".model.replaced/config.json", "old");

        Assert.Throws<IOException>(() => AtomicFolder.Write(_folder.At("model"), static _ => throw new IOException("stop")));

        Assert.Equal("old", File.ReadAllText(_folder.At("model", "config.json")));
    }

    [Fact]
    public void Write_OlderFolderCannotBeMoved_KeepsBothAndNamesTheNewOne()
    {
        _folder.Write("model/config.json", "old");
        _folder.Write(".model.replaced", "a file in the way of the older folder");

        OneLine.Throws<IOException>(() => WriteConfig("model"), _folder.At("model") + " could not be replaced", _folder.At(".model.writing") + " holds the complete result");

        Assert.Equal("old", File.ReadAllText(_folder.At("model", "config.json")));
        Assert.Equal("new", File.ReadAllText(_folder.At(".model.writing", "config.json")));
        File.Delete(_folder.At(".model.replaced"));
        WriteConfig("model");
        Assert.Equal("new", File.ReadAllText(_folder.At("model", "config.json")));
        Assert.False(Path.Exists(_folder.At(".model.writing")));
    }

    [Fact]
    public void Write_ThroughALink_ReplacesWhatItLeadsTo()
    {
        _folder.Write("disk/model/config.json", "old");
        _folder.Write("disk/model/notes.txt", "mine");
        Directory.CreateSymbolicLink(_folder.At("disk", "again"), "model");
        Directory.CreateSymbolicLink(_folder.At("link"), _folder.At("disk", "again"));

        WriteConfig("link");

        Assert.NotNull(new DirectoryInfo(_folder.At("link")).LinkTarget);
        Assert.Null(new DirectoryInfo(_folder.At("disk", "model")).LinkTarget);
        Assert.Equal("new", File.ReadAllText(_folder.At("disk", "model", "config.json")));
        Assert.Equal("mine", File.ReadAllText(_folder.At("link", "notes.txt")));
        Assert.Equal([_folder.At("disk"), _folder.At("link")], Directory.EnumerateFileSystemEntries(_folder.Root).Order());
    }

    [Fact]
    public void Write_NameIsAFile_Throws()
    {
        _folder.Write("model", "a file");

        OneLine.Throws<IOException>(() => AtomicFolder.Write(_folder.At("model"), static _ => { }), "is a file");
    }

    [Fact]
    public void CopyFileAndWriteFiles_LandInTheFolder()
    {
        string source = _folder.Write("from/a.txt", "a");

        AtomicFolder.Write(_folder.At("parents", "model") + Path.DirectorySeparatorChar, files =>
        {
            files.CopyFile(source);
            files.WriteFiles(static path => File.WriteAllText(Path.Combine(path, "b.txt"), "b"));
        });

        Assert.Equal("a", File.ReadAllText(_folder.At("parents", "model", "a.txt")));
        Assert.Equal("b", File.ReadAllText(_folder.At("parents", "model", "b.txt")));
    }

    private void WriteConfig(string name) =>
        AtomicFolder.Write(_folder.At(name), static files => files.WriteFiles(static path => File.WriteAllText(Path.Combine(path, "config.json"), "new")));
}
