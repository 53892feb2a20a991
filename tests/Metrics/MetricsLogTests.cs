using LlavaCuda.Trainer.Metrics;

namespace LlavaCuda.Tests.Metrics;

public sealed class MetricsLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-metrics").FullName;

    private string File => Path.Combine(_folder, "metrics.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Append_EachStep_IsOnDiskAtOnce()
    {
        using MetricsLog log = new(File);
        log.Append(1, new Metric("loss", 2.5), new Metric("learning_rate", 0.1f));
        Assert.Equal("{\"step\":1,\"loss\":2.5,\"learning_rate\":0.1}\n", ReadShared());
        log.Append(2, new Metric("loss", double.NaN));
        Assert.EndsWith("{\"step\":2,\"loss\":null}\n", ReadShared(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SomeSteps_GivesTheirValues()
    {
        WriteSteps(1, 3);
        using (MetricsLog log = new(File, 3))
        {
            log.Append(4, new Metric("held_out_loss", 1.0 / 3));
            log.Append(5, new Metric("loss", double.PositiveInfinity));
        }

        Assert.Equal([(1, 1), (2, 2), (3, 3), (5, double.NaN)], MetricsLog.Read(File, "loss"));
        Assert.Equal([(4, 1.0 / 3)], MetricsLog.Read(File, "held_out_loss"));
        Assert.Empty(MetricsLog.Read(File, "nothing"));
    }

    [Fact]
    public void Resume_RowsBeyondTheStep_AreDropped()
    {
        WriteSteps(1, 9);
        using (MetricsLog log = new(File, resumedStep: 4))
        {
            log.Append(5, new Metric("loss", 50));
        }

        Assert.Equal([(1, 1), (2, 2), (3, 3), (4, 4), (5, 50)], MetricsLog.Read(File, "loss"));
    }

    [Theory]
    [InlineData(LogLines.Longest, false)]
    [InlineData(LogLines.Longest + 1, true)]
    [InlineData(3 * LogLines.Longest, true)]
    [InlineData((3 * LogLines.Longest) + 3, true)]
    public void Resume_LineLongerThanAnyRow_IsDropped(int length, bool isDropped)
    {
        string row(int step) => $"{{\"step\":{step},\"loss\":{step}}}";
        System.IO.File.WriteAllText(File, $"{row(1)}\n{row(2).PadRight(length)}\n{row(3)}\n");
        Assert.Equal(isDropped ? [(1, 1), (3, 3)] : [(1, 1), (2, 2), (3, 3)], MetricsLog.Read(File, "loss"));

        List<string> warnings = [];
        new MetricsLog(File, 3, warnings.Add).Dispose();
        Assert.Equal(isDropped ? [$"{File}: line 2 is damaged and left out"] : [], warnings);

        System.IO.File.AppendAllText(File, new string(' ', length));
        Assert.Equal(isDropped ? 2 : 3, MetricsLog.Read(File, "loss").Count);
    }

    [Fact]
    public void Resume_LinkToADeviceWithoutEnd_BeginsANewFile()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no such device.");
        System.IO.File.CreateSymbolicLink(File, "/dev/zero");
        Assert.Empty(MetricsLog.Read(File, "loss"));
        using (MetricsLog log = new(File, 7))
        {
            log.Append(8, new Metric("loss", 8));
        }

        Assert.Equal([(8, 8)], MetricsLog.Read(File, "loss"));
        Assert.Null(new FileInfo(File).LinkTarget);
    }

    [Fact]
    public void Resume_RowCutShort_IsDropped()
    {
        WriteSteps(1, 2);
        System.IO.File.AppendAllText(File, "{\"step\":3,\"lo");
        using (MetricsLog log = new(File, resumedStep: 7))
        {
            log.Append(8, new Metric("loss", 8));
        }

        Assert.Equal([(1, 1), (2, 2), (8, 8)], MetricsLog.Read(File, "loss"));
    }

    [Fact]
    public void Resume_NoFileYet_BeginsOne()
    {
        new MetricsLog(File, resumedStep: 10).Dispose();
        Assert.Equal(0, new FileInfo(File).Length);
    }

    [Fact]
    public void Begin_OldFile_IsEmptied()
    {
        WriteSteps(1, 5);
        new MetricsLog(File).Dispose();
        Assert.Equal(0, new FileInfo(File).Length);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[1]")]
    [InlineData("{\"loss\":1}")]
    [InlineData("{\"step\":1.5}")]
    [InlineData("{\"step\":2,\"loss\":\"\\ud800\"}")]
    [InlineData("\0\0\0\0")]
    [InlineData("{\"step\":2,\"lo{\"step\":3,\"loss\":3}")]
    public void Resume_DamagedLine_IsLeftOutAndNamed(string row)
    {
        WriteSteps(1, 1);
        System.IO.File.AppendAllText(File, row + "\n" + System.IO.File.ReadAllText(File).Replace("1", "2", StringComparison.Ordinal));
        List<string> warnings = [];
        new MetricsLog(File, resumedStep: 5, warnings.Add).Dispose();
        Assert.Equal([(1, 1), (2, 2)], MetricsLog.Read(File, "loss"));
        Assert.Equal([$"{File}: line 2 is damaged and left out"], warnings);
    }

    [Fact]
    public void Append_SecondTime_AllocatesNothing()
    {
        using MetricsLog log = new(File);
        log.Append(1, new Metric("loss", 0.123456789));
        Assert.Equal(0, Allocations.Of(() => log.Append(2, new Metric("loss", 0.123456788))));
    }

    private void WriteSteps(int first, int last)
    {
        using MetricsLog log = new(File);
        for (int step = first; step <= last; step++)
        {
            log.Append(step, new Metric("loss", step));
        }
    }

    private string ReadShared()
    {
        using StreamReader reader = new(new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
