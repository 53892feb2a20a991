using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Commands;

public sealed class QuickstartCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Quickstart_AsItIsTyped_EndsWithAModel()
    {
        (int code, string output, string error) = Run();
        Assert.True(code == 0, error);
        Assert.Contains("5/5 done", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder, "out", "model", "model.safetensors")));
    }

    [Fact]
    public void Quickstart_FolderInUse_SaysSo()
    {
        using OutputLock held = OutputLock.Take(Path.Combine(_folder, "out"));
        (int code, _, string error) = Run();
        Assert.Equal(1, code);
        Assert.Contains("is in use by another run", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("summary.json")]
    [InlineData("data/captions.json")]
    [InlineData("example.png")]
    [InlineData("model/model.safetensors")]
    [InlineData("base/config.json")]
    [InlineData("base/mine.txt")]
    public void Quickstart_FolderWithFilesOfTheUser_IsRefusedAndKept(string file)
    {
        string path = Path.Combine(_folder, "out", file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "mine");
        (int code, _, string error) = Run();
        Assert.Equal(1, code);
        Assert.Contains($"{Path.Combine(_folder, "out", file.Split('/')[0])} is there, and no quickstart wrote it", error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(path));
        Assert.Equal([path], Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("quickstart", "--pictures", "0")]
    [InlineData("ablate", "--seeds", "0")]
    public void Command_OptionsWrong_LeavesNoFolder(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        Assert.Equal(2, Program.Run([.. arguments, "--out", Path.Combine(_folder, "out")], output, error));
        Assert.False(Directory.Exists(Path.Combine(_folder, "out")));
    }

    [Fact]
    public void MakeBase_FolderWithAModel_IsRefused()
    {
        File.WriteAllText(Path.Combine(_folder, "model.safetensors"), "mine");
        using StringWriter output = new(), error = new();
        Assert.Equal(2, Program.Run(["make-base", "--out", _folder], output, error));
        Assert.Contains("which holds a model (model.safetensors)", error.ToString(), StringComparison.Ordinal);
    }

    private (int Code, string Output, string Error) Run()
    {
        using StringWriter output = new(), error = new();
        string[] small = ["--pictures", "32", "--pretrain-steps", "2", "--finetune-steps", "2", "--questions", "4"];
        int code = Program.Run(["quickstart", "--device", "cpu", "--out", Path.Combine(_folder, "out"), .. small], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
