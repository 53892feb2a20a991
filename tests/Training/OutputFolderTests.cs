using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Tests.Data;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Training;

[Trait("Category", "Reference")]
public sealed class OutputFolderTests : IDisposable
{
    private readonly TrainingFolder _folder = new();

    public OutputFolderTests() => _folder.Data.WriteSamples(8);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model", "model")]
    [InlineData("model", "link")]
    [InlineData("link", "model")]
    [InlineData("parent/model", "link")]
    [InlineData("model", "parent/../parent/model")]
    public void Run_OutIsTheModel_IsRefusedInEverySpelling(string model, string output)
    {
        string real = CopyModel();
        Directory.CreateSymbolicLink(_folder.Data.At("link"), "model");
        Directory.CreateSymbolicLink(_folder.Data.At("parent"), _folder.Data.Root);
        byte[] before = File.ReadAllBytes(Path.Combine(real, "model.safetensors"));
        TrainingOptions options = _folder.Options(TrainingStage.Finetune, output) with { Model = _folder.Data.At(model) };

        foreach (bool dryRun in (bool[])[false, true])
        {
            OneLine.Throws<ArgumentException>(
                () => TrainingFolder.Run(options with { DryRun = dryRun }), "--out", options.Out, options.Model, "nothing is overwritten");
        }

        Assert.Equal(before, File.ReadAllBytes(Path.Combine(real, "model.safetensors")));
        Assert.Equal(Directory.EnumerateFiles(DataFolder.Model).Count(), Directory.EnumerateFileSystemEntries(real).Count());
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model-00001-of-00002.safetensors")]
    [InlineData("mm_projector.bin")]
    [InlineData("tokenizer.model")]
    public void Run_OutHoldsAModelOfNoRun_IsRefused(string name)
    {
        TrainingOptions options = _folder.Options(TrainingStage.Finetune);
        _folder.Data.Write($"out/{name}", "a download");
        _folder.Data.Write("out/notes.txt", "mine");

        foreach (bool dryRun in (bool[])[false, true])
        {
            OneLine.Throws<ArgumentException>(() => TrainingFolder.Run(options with { DryRun = dryRun }), options.Out, name, "no training run");
        }

        Assert.Equal("a download", File.ReadAllText(Path.Combine(options.Out, name)));
        File.Delete(Path.Combine(options.Out, name));
        TrainingFolder.Run(options);
        TrainingFolder.Run(options with { Resume = ResumePolicy.Never });
        Assert.Equal("mine", File.ReadAllText(Path.Combine(options.Out, "notes.txt")));
    }

    [Fact]
    public void Run_ResultCannotBeSaved_IsFoundBeforeTheFirstStep()
    {
        TrainingOptions options = _folder.Options(TrainingStage.Finetune);
        _folder.Data.Write("out/model.safetensors/x", "a folder in the way");
        TrainingFolder.Recorder output = new();

        OneLine.Throws<IOException>(() => TrainingFolder.Run(options, output), options.Out, "model.safetensors is a folder");

        Assert.Empty(output.Steps);
        Assert.Equal(["model.safetensors"], Directory.EnumerateFileSystemEntries(options.Out).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("bad_images.jsonl")]
    public void Run_DataThatTheResultWouldReplace_IsRefused(string name)
    {
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain);
        Directory.CreateDirectory(options.Out);
        string data = Path.Combine(options.Out, name);
        File.Move(_folder.Data.At("data.json"), data);

        OneLine.Throws<ArgumentException>(() => TrainingFolder.Run(options with { Data = [data] }), data, "would be overwritten");

        Assert.True(File.Exists(data));
    }

    [Fact]
    public void Run_OutIsALinkOrHasTheLongestName_Works()
    {
        Directory.CreateDirectory(_folder.Data.At("disk", "out"));
        Directory.CreateSymbolicLink(_folder.Data.At("link"), "disk/out");
        foreach (string name in (string[])["link", new string('n', 248)])
        {
            TrainingOptions options = _folder.Options(TrainingStage.Pretrain, name) with { Steps = 1 };
            TrainingFolder.Run(options);
            Assert.True(File.Exists(Path.Combine(options.Out, "mm_projector.bin")));
            Assert.Empty(Directory.EnumerateFileSystemEntries(options.Out, ".*"));
        }

        Assert.NotNull(new DirectoryInfo(_folder.Data.At("link")).LinkTarget);
        Assert.True(File.Exists(_folder.Data.At("disk", "out", "mm_projector.bin")));
    }

    private string CopyModel()
    {
        string copy = Directory.CreateDirectory(_folder.Data.At("model")).FullName;
        foreach (string file in Directory.EnumerateFiles(DataFolder.Model))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }
}
