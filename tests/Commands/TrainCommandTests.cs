using LlavaCuda.Tests.Data;
using LlavaCuda.Tests.Training;
using LlavaCuda.Trainer;

namespace LlavaCuda.Tests.Commands;

public sealed class TrainCommandTests : IDisposable
{
    private readonly TrainingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2, "--epochs is 0", "--epochs", "0")]
    [InlineData(2, "--projector: Projector type 'mlp'", "--projector", "mlp")]
    [InlineData(2, "--max-length is 4096, but the model has 512 positions", "--max-length", "4096")]
    [InlineData(2, "'--bogus' is no option", "--bogus")]
    [InlineData(1, "no such folder", "--model", "/no/model")]
    [InlineData(1, "more than 20 rows", "--max-length", "20")]
    public void Train_WhatCannotWork_IsOneLine(int code, string part, params string[] more) => AssertFails(code, part, more);

    [Fact]
    public void Train_NoPictures_CannotTrainTheProjector()
    {
        _folder.Data.WriteSamples(DataFolder.Sample("a", null, ("human", "q"), ("gpt", "yes")));
        AssertFails(1, "No sample has an image", "--template", "mistral_instruct", write: false);
    }

    [Fact]
    public void Train_SampleWithoutLoss_IsNamedAndCanBeAccepted()
    {
        _folder.Data.WriteSamples(DataFolder.Sample("a", null, ("human", "q"), ("gpt", "yes")), DataFolder.Sample("b", null, ("human", "q")));
        string[] finetune = ["--stage", "finetune", "--template", "mistral_instruct", "--dry-run"];
        AssertFails(1, "1 of 2 samples have no token that carries loss: " + _folder.Data.At("data.json") + " sample 1 (id 'b')", write: false, more: finetune);
        Assert.Equal(0, Run(["--allow-unsupervised", .. finetune]).Code);
    }

    [Fact]
    public void Train_FaultsOfSeveralKinds_AreAllNamedAtOnce()
    {
        _folder.Data.WriteSamples(
            DataFolder.Sample("fine", null, ("human", "q"), ("gpt", "yes")),
            DataFolder.Sample("unmarked", null, ("human", "<image>\nq"), ("gpt", "yes")),
            DataFolder.Sample("unanswered", null, ("human", "q")),
            DataFolder.Sample("silent", null, ("human", "q"), ("gpt", "yes"), ("human", "q"), ("gpt", " ")),
            DataFolder.Sample("gone", "gone.png", ("human", "<image>\nq"), ("gpt", "yes")));
        string[] finetune = ["--stage", "finetune", "--dry-run"];
        foreach (string part in (string[])["'unmarked'", "'unanswered'", "'silent'", "'gone.png'", "--allow-unsupervised"])
        {
            AssertFails(1, part, write: false, more: finetune);
        }

        (_, string accepted) = Run(["--allow-unsupervised", .. finetune]);
        Assert.DoesNotContain("'unanswered'", accepted, StringComparison.Ordinal);
        Assert.Contains("'gone.png'", accepted, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_IntoTheModelsOwnFolder_IsRefused()
    {
        string model = _folder.Data.At("model");
        Directory.CreateDirectory(model);
        AssertFails(2, "--out is", "--model", model, "--out", model);
    }

    private void AssertFails(int code, string part, params string[] more) => AssertFails(code, part, write: true, more);

    private void AssertFails(int code, string part, string option, string value, bool write) => AssertFails(code, part, write, option, value);

    private void AssertFails(int code, string part, bool write, params string[] more)
    {
        if (write)
        {
            _folder.Data.WriteSamples(2);
        }

        (int actual, string error) = Run(more);
        Assert.Equal(code, actual);
        Assert.Contains(part, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    private (int Code, string Error) Run(string[] more)
    {
        List<string> arguments = ["train", .. more];
        foreach ((string option, string value) in (ReadOnlySpan<(string, string)>)
            [("--stage", "pretrain"), ("--model", DataFolder.Model), ("--data", _folder.Data.At("data.json")), ("--images", _folder.Data.Images), ("--out", _folder.Data.At("out")), ("--device", "cpu")])
        {
            if (!more.Contains(option))
            {
                arguments.AddRange([option, value]);
            }
        }

        using StringWriter output = new(), error = new() { NewLine = "\n" };
        return (Program.Run([.. arguments], output, error), error.ToString());
    }
}
