using LlavaCuda.Trainer.Metrics;

namespace LlavaCuda.Tests.Metrics;

public class ProgressLineTests
{
    private static readonly ProgressStyle Live = new(Live: true, Colour: false, 100, TimeSpan.FromMilliseconds(100));

    [Fact]
    public void Report_Redirected_WritesFirstEverySoOftenAndLast()
    {
        (StringWriter output, FakeTime time) = (new StringWriter(), new FakeTime());
        using (ProgressLine progress = new(output, "pretrain", 40, 0, ProgressStyle.Plain, time))
        {
            for (int step = 1; step <= 40; step++)
            {
                time.Advance(0.5);
                progress.Report(step, 4.0 / step, 1e-3, 500);
            }
        }

        string[] lines = Lines(output);
        Assert.Equal(["1/40", "11/40", "21/40", "31/40", "40/40"], lines.Select(line => line.Split(' ')[1]));
        Assert.Equal("pretrain 11/40  loss 0.3636  lr 1.00e-3  1000 tokens/s  0:05  left 0:14", lines[1]);
        Assert.Equal("pretrain 40/40  loss 0.1000  lr 1.00e-3  1000 tokens/s  0:20  left 0:00", lines[^1]);
    }

    [Fact]
    public void Dispose_InterruptedRun_ShowsWhereItStopped()
    {
        (StringWriter output, FakeTime time) = (new StringWriter(), new FakeTime());
        ProgressLine progress = new(output, "finetune", 100, 0, ProgressStyle.Plain, time);
        progress.Report(1, 1, 1e-4, 1);
        progress.Report(2, 1, 1e-4, 1);
        progress.Dispose();
        Assert.Equal(["1/100", "2/100"], Lines(output).Select(line => line.Split(' ')[1]));
    }

    [Fact]
    public void Report_Resumed_CountsOnlyItsOwnSteps()
    {
        (StringWriter output, FakeTime time) = (new StringWriter(), new FakeTime());
        using ProgressLine progress = new(output, "finetune", 1000, 900, ProgressStyle.Plain, time);
        time.Advance(2);
        progress.Report(901, 1, 2e-5, 200_000);
        Assert.Equal("finetune 901/1000  loss 1.0000  lr 2.00e-5  100.0k tokens/s  0:02  left 3:18", Lines(output).Single());
    }

    [Fact]
    public void Report_Live_WritesOverTheLine()
    {
        (StringWriter output, FakeTime time) = (new StringWriter(), new FakeTime());
        using (ProgressLine progress = new(output, "s", 3, 0, Live, time))
        {
            time.Advance(1000);
            progress.Report(1, 1000.5, 1, 3);
            time.Advance(0.01);
            progress.Report(2, 1, 1, 3);
            time.Advance(1);
            progress.Report(3, 2, 1, 3);
        }

        string[] shown = output.ToString().TrimEnd('\n', '\r').Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, shown.Length);
        Assert.StartsWith("s 1/3 ", shown[0], StringComparison.Ordinal);
        Assert.StartsWith("s 3/3 ", shown[1], StringComparison.Ordinal);
        Assert.Equal(shown[0].Length, shown[1].Length);
        Assert.EndsWith(Environment.NewLine, output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\e', output.ToString());
    }

    [Fact]
    public void Report_NarrowTerminal_StaysOnOneRow()
    {
        (StringWriter output, FakeTime time) = (new StringWriter(), new FakeTime());
        ProgressLine progress = new(output, "pretrain", 3, 0, Live with { Width = 20 }, time);
        progress.Report(1, 1, 1, 3);
        Assert.Equal("\rpretrain 1/3  loss ", output.ToString());
    }

    [Fact]
    public void Report_Colour_MarksTheLabel()
    {
        (StringWriter output, FakeTime time) = (new StringWriter(), new FakeTime());
        ProgressLine progress = new(output, "pretrain", 3, 0, Live with { Colour = true }, time);
        progress.Report(1, 1, 1, 3);
        Assert.StartsWith("\r\e[1;36mpretrain\e[0m 1/3", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void WriteLine_Live_StandsAboveTheProgress()
    {
        (StringWriter output, FakeTime time) = (new StringWriter(), new FakeTime());
        ProgressLine progress = new(output, "s", 3, 0, Live, time);
        progress.Report(1, 1, 1, 3);
        int length = output.ToString().Length - 1;
        output.GetStringBuilder().Clear();
        progress.WriteLine("saved checkpoint-1");
        Assert.StartsWith("\r" + new string(' ', length) + "\rsaved checkpoint-1" + Environment.NewLine + "\rs 1/3", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void WriteLine_Redirected_IsALine()
    {
        StringWriter output = new();
        new ProgressLine(output, "s", 3, 0, ProgressStyle.Plain, new FakeTime()).WriteLine("reading");
        Assert.Equal("reading" + Environment.NewLine, output.ToString());
    }

    [Fact]
    public void Report_LongRun_CountsDays()
    {
        (StringWriter output, FakeTime time) = (new StringWriter(), new FakeTime());
        using ProgressLine progress = new(output, "s", 100, 0, ProgressStyle.Plain, time);
        time.Advance(3725);
        progress.Report(1, 1, 1, 3);
        Assert.EndsWith("1:02:05  left 4d 06:26:15", Lines(output).Single(), StringComparison.Ordinal);
    }

    private static string[] Lines(StringWriter output) => output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
