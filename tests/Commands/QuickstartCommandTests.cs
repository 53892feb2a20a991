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

    private (int Code, string Output, string Error) Run()
    {
        using StringWriter output = new(), error = new();
        string[] small = ["--pictures", "32", "--pretrain-steps", "2", "--finetune-steps", "2", "--questions", "4"];
        int code = Program.Run(["quickstart", "--device", "cpu", "--out", Path.Combine(_folder, "out"), .. small], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
