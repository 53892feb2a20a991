using System.Text.Json;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Trainer.Commands;
using LlavaCuda.Trainer.Quickstart;

namespace LlavaCuda.Tests.Quickstart;

public sealed class QuickstartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-quickstart-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Run_FewSteps_LearnsFromThePictureAndLeavesAModel()
    {
        QuickstartOptions options = new(_folder) { Pictures = 400, PretrainSteps = 15, FinetuneSteps = 25, Questions = 40 };
        using CpuDevice device = new();
        QuickstartRun run = new(options, device, TextWriter.Null, static name => new ConsoleTrainingOutput(name));
        QuickstartSummary summary = run.Run(default);

        // Chance is a quarter or less; with the whole quickstart's steps it is far above 90 %.
        Assert.True(summary.Accuracy > summary.AccuracyBlank + 0.1, summary.ToString());
        using JsonDocument written = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "summary.json")));
        foreach (string key in (string[])["accuracy", "accuracy_blank", "accuracy_lookup", "floor_lookup", "seconds", "peak_rss_mib", "device"])
        {
            Assert.True(written.RootElement.TryGetProperty(key, out _), key);
        }

        Assert.True(File.Exists(Path.Combine(_folder, "samples.png")) && File.Exists(Path.Combine(_folder, "loss.png")));
        using LlavaModel model = LlavaModel.Load(Path.Combine(_folder, "model"), device);
        Assert.Equal("v1", model.Template.Name);
    }

    [Fact]
    public void ShippedBase_Files_AreUnderTwoMegabytes()
    {
        ShippedBase.Extract(_folder);
        long bytes = new DirectoryInfo(_folder).EnumerateFiles().Sum(static f => f.Length);
        Assert.InRange(bytes, 1_000_000, 2_000_000);
    }
}
