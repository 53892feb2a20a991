using LlavaCuda.Tensors;
using LlavaCuda.Trainer.Commands;
using LlavaCuda.Trainer.Verification;

namespace LlavaCuda.Tests.Commands;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-verify-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Print_RowOutOfTolerance_SaysWhatItMeans()
    {
        string text = Printed(new VerifyRow("logits", 0.05, 0.01, 0.0131), new VerifyRow("gradients, worst", 0.02, 0.018, 0.03, "language.norm.weight"));
        string[] lines = text.TrimEnd().Split('\n');
        Assert.Equal("logits                         5.0e-2    1.0e-2   1.3e-2  FAIL", lines[1].TrimEnd());
        Assert.Equal("gradients, worst               2.0e-2    1.8e-2   3.0e-2  ok    language.norm.weight", lines[2].TrimEnd());
        Assert.StartsWith("1 of 2 OUT OF TOLERANCE: the engine is wrong on this device", lines[^1], StringComparison.Ordinal);
    }

    // Where rounding may change a number by as much as there is of it, agreement says nothing, and the reader is told.
    [Fact]
    public void Print_RoundingIsAsLargeAsTheNumber_SaysSo()
    {
        string text = Printed(new VerifyRow("logits", 0.01, 0.01, 0.0131), new VerifyRow("finetune: losses", 0.4, 0.6, 1.2));
        Assert.EndsWith("all 2 within tolerance; 1 say nothing, because rounding alone may be as large as the number\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_ShippedModel_PassesAndShowsRounding()
    {
        (int exit, string output, string error) = Verify(ReferenceFiles.Shipped("layouts", "huggingface"));
        Assert.True(exit == 0, output + error);
        Assert.Matches(@"all \d+ within tolerance\n$", output);
    }

    [Fact]
    public void Verify_AStepHasNoLoss_NamesFileAndKey()
    {
        foreach (string file in Directory.EnumerateFiles(ReferenceFiles.Shipped("layouts", "huggingface")))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        string facts = Path.Combine(_folder, "reference.json");
        File.WriteAllText(facts, File.ReadAllText(facts).Replace("\"steps\": 4", "\"steps\": 5", StringComparison.Ordinal));
        (int exit, _, string error) = Verify(_folder);
        Assert.Equal(1, exit);
        string line = Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.Contains("reference.json: stage 'pretrain' has 4 losses; expected one for each of its 5 steps.", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_NoReference_SaysHowOneIsMade()
    {
        File.Copy(ReferenceFiles.Shipped("layouts", "huggingface", "config.json"), Path.Combine(_folder, "config.json"));
        File.Copy(ReferenceFiles.Shipped("layouts", "huggingface", "model.safetensors"), Path.Combine(_folder, "model.safetensors"));
        (int exit, _, string error) = Verify(_folder);
        Assert.Equal(1, exit);
        string line = Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.Contains("has no reference.safetensors to verify against; tests/reference/make_model_reference.py", line, StringComparison.Ordinal);
    }

    private static (int Exit, string Output, string Error) Verify(string model) =>
        LlavaProcess.Run([], "verify", "--model", model, "--device", "cpu", "--threads", "2");

    private static string Printed(params VerifyRow[] rows)
    {
        StringWriter output = new() { NewLine = "\n" };
        VerifyCommand.Print(rows, DType.BF16, output);
        return output.ToString();
    }
}
