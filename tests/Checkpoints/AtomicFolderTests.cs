using LlavaCuda.Checkpoints;

namespace LlavaCuda.Tests.Checkpoints;

public sealed class AtomicFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(".llava-complete")]
    [InlineData(".llava-moving")]
    public void Recover_AfterAnExchangeThatStoppedHalfway_FinishesIt(string stage)
    {
        _folder.Write($"model/{stage}/config.json", "new");
        _folder.Write($"model/{stage}/model.safetensors", "new");
        _folder.Write("model/notes.txt", "mine");
        if (stage == ".llava-complete")
        {
            _folder.Write("model/model-00001-of-00002.safetensors", "old");
            _folder.Write("model/tokenizer.model", "old");
        }
        else
        {
            _folder.Write("model/tokenizer.model", "new");
        }

        AtomicFolder.Recover(_folder.At("model"));

        string[] expected = ["config.json", "model.safetensors", "notes.txt", .. stage == ".llava-complete" ? Array.Empty<string>() : ["tokenizer.model"]];
        Assert.Equal(expected, Names("model"));
        Assert.Equal("new", File.ReadAllText(_folder.At("model", "config.json")));
    }

    [Fact]
    public void Write_StopsWhileItWrites_LeavesTheOlderFilesAndNothingElse()
    {
        _folder.Write("model/config.json", "old");
        _folder.Write("model/.llava-writing/config.json", "left by a kill");

        Assert.Throws<IOException>(() => AtomicFolder.Write(_folder.At("model"), static files =>
        {
            files.WriteFile("config.json", static stream => stream.WriteByte(1));
            throw new IOException("stop");
        }));

        Assert.Equal("old", File.ReadAllText(_folder.At("model", "config.json")));
        Assert.Equal(["config.json"], Names("model"));
        Assert.Equal([_folder.At("model")], Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Write_OlderFilesCannotBeReplaced_NamesTheCompleteResult()
    {
        _folder.Write("model/config.json/x", "a folder in the way");

        OneLine.Throws<IOException>(
            () => WriteConfig("model"), $"{_folder.At("model")} could not be replaced", $"{_folder.At("model", ".llava-moving")} holds the complete result");

        Assert.Equal("new", File.ReadAllText(_folder.At("model", ".llava-moving", "config.json")));
        Directory.Delete(_folder.At("model", "config.json"), recursive: true);
        AtomicFolder.Recover(_folder.At("model"));
        Assert.Equal("new", File.ReadAllText(_folder.At("model", "config.json")));
    }

    [Fact]
    public void Write_FilesThatNoModelIsLoadedFrom_Stay()
    {
        string[] mine = ["mm_projector_mine.bin", "model-before.safetensors", "model_backup.safetensors", "pytorch_model.bak.bin"];
        string[] older = ["model-00001-of-00002.safetensors", "model.safetensors.index.json", "pytorch_model-00002-of-00002.bin", "mm_projector.bin"];
        foreach (string name in mine.Concat(older))
        {
            _folder.Write($"model/{name}", name);
        }

        WriteConfig("model");

        Assert.Equal(["config.json", .. mine], Names("model"));
    }

    [Fact]
    public void Write_ExistingFolder_StaysTheSameFolder()
    {
        // The folder may be a mount point or somebody's current folder: it is never renamed or made again.
        _folder.Write("model/config.json", "old");
        Directory.CreateDirectory(_folder.At("model", "mine"));
        _folder.Write("model/model-00001-of-00002.safetensors", "old");
        _folder.Write("model/pytorch_model.bin", "old");
        _folder.Write("model/llava_manifest.json", "old");

        WriteConfig("model");

        Assert.Equal(["config.json", "mine"], Names("model"));
        Assert.Equal([_folder.At("model")], Directory.EnumerateFileSystemEntries(_folder.Root));
        Assert.Equal("new", File.ReadAllText(_folder.At("model", "config.json")));
    }

    [Theory]
    [InlineData("n", 255)]
    [InlineData("n", 246)]
    [InlineData("\u00fc", 127)]
    public void Write_LongestName_Works(string letter, int count)
    {
        string name = string.Concat(Enumerable.Repeat(letter, count));

        WriteConfig(name);
        WriteConfig(name);

        Assert.Equal(["config.json"], Names(name));
        Assert.Equal([_folder.At(name)], Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Try_WritesNothingAndTellsTheNames()
    {
        _folder.Write("model/config.json", "old");

        IReadOnlyList<string> names = AtomicFolder.Try(_folder.At("model"), static files =>
        {
            Assert.True(files.IsTrial);
            files.WriteFile("config.json", static stream => stream.WriteByte(1));
        }, File.Create);

        Assert.Equal(["config.json"], names);
        Assert.Equal("old", File.ReadAllText(_folder.At("model", "config.json")));
        Assert.Equal(["config.json"], Names("model"));
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

    private IEnumerable<string?> Names(string folder) =>
        Directory.EnumerateFileSystemEntries(_folder.At(folder)).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private void WriteConfig(string name) =>
        AtomicFolder.Write(_folder.At(name), static files => files.WriteFiles(static path => File.WriteAllText(Path.Combine(path, "config.json"), "new")));
}
