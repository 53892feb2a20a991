using System.Text.Json;
using LlavaCuda.Tests.Metrics;
using LlavaCuda.Trainer.Metrics;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Training;

public sealed class TrainingMetricsTests : IDisposable
{
    private readonly TrainingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Append_Rows_TellTimeEpochAndElapsed()
    {
        FakeTime time = new();
        using (TrainingMetrics metrics = new(_folder.Data.Root, "run", 0, 4, Assert.Fail, time))
        {
            for (int step = 1; step <= 3; step++)
            {
                time.Advance(2.5);
                metrics.Append(step, new StepResult(1, 1, 1, 1, 1), 1);
            }
        }

        // The third step was lost: the run goes on from the second, with the time that training had taken until then.
        using (TrainingMetrics metrics = new(_folder.Data.Root, "run", 2, 4, Assert.Fail, time))
        {
            time.Advance(1);
            metrics.Append(3, new StepResult(1, 1, 1, 1, 1), 1);
        }

        List<JsonElement> rows = [.. File.ReadAllLines(_folder.Data.At("metrics.jsonl")).Select(static line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal([0.25, 0.5, 0.75], rows.Select(static row => row.GetProperty("epoch").GetDouble()));
        Assert.Equal([2.5, 5, 6], rows.Select(static row => row.GetProperty("elapsed").GetDouble()));
        Assert.Equal("2023-11-14T22:13:22.5Z", rows[0].GetProperty("time").GetString());
    }

    [Fact]
    public void Append_SecondTime_AllocatesNothing()
    {
        using TrainingMetrics metrics = new(_folder.Data.Root, "run", 0, 4, Assert.Fail);
        Allocations.AssertNone(() => metrics.Append(1, new StepResult(0.123456789, 1, 1, 1, 1), 1));
    }

    [Fact]
    public void DrawChart_LibraryOfImagesIsMissing_WarnsOnce()
    {
        List<string> warnings = [];
        using TrainingMetrics metrics = new(
            _folder.Data.Root, "run", 0, 4, warnings.Add, draw: static (_, _, _) => throw new DllNotFoundException("libSkiaSharp.so is missing."));
        metrics.Append(1, new StepResult(1, 1, 1, 1, 1), 1);
        metrics.DrawChart();
        metrics.DrawChart();
        Assert.Contains("loss.png could not be written; the run goes on without it: libSkiaSharp.so is missing.", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void DrawChart_StepsOfTheLogDoNotRise_WarnsOnce()
    {
        List<string> warnings = [];
        using TrainingMetrics metrics = new(_folder.Data.Root, "run", 0, 4, warnings.Add);
        metrics.Append(2, new StepResult(1, 1, 1, 1, 1), 1);
        metrics.Append(1, new StepResult(1, 1, 1, 1, 1), 1);
        metrics.DrawChart();
        metrics.DrawChart();
        Assert.Contains("The points of loss are not by rising x: 1 comes after 2.", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("metrics.jsonl")]
    [InlineData("loss.png")]
    [InlineData("tensorboard")]
    public void Run_FileThatCannotBeWritten_WarnsOnceAndGoesOn(string name)
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain), whole = options with { Out = _folder.Data.At("whole") };
        TrainingFolder.Run(whole);
        if (name == "tensorboard")
        {
            _folder.Data.Write("out/tensorboard", "a file in the place of the folder");
        }
        else
        {
            _folder.Data.Write($"out/{name}/in-the-way", "a folder in the place of the file");
        }

        TrainingFolder.Recorder output = new();
        Assert.Equal(8, TrainingFolder.Run(options, output).Steps);
        string warning = Assert.Single(output.Lines, static line => line.StartsWith("warning: ", StringComparison.Ordinal));
        Assert.Contains(Path.Combine(options.Out, name), warning, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', warning);
        Dictionary<string, float[]> expected = TrainingFolder.LastWeights(whole), actual = TrainingFolder.LastWeights(options);
        Assert.All(expected, pair => Assert.Equal(pair.Value, actual[pair.Key]));
    }

    [Fact]
    public void TolerantWriter_BrokenConsole_IsLeftAlone()
    {
        using StringWriter inner = new();
        using BreakingWriter breaking = new(inner);
        using TolerantWriter writer = new(breaking);
        writer.WriteLine("one");
        breaking.Broken = true;
        writer.WriteLine("two");
        writer.Write('x');
        writer.Flush();
        breaking.Broken = false;
        writer.Write("three");
        Assert.Equal("one" + Environment.NewLine, inner.ToString());
    }

    private sealed class BreakingWriter(StringWriter inner) : TextWriter
    {
        internal bool Broken { get; set; }

        public override System.Text.Encoding Encoding => inner.Encoding;

        public override void Write(char value)
        {
            if (Broken)
            {
                throw new IOException("Input/output error");
            }

            inner.Write(value);
        }
    }
}
