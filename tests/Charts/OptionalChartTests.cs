using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer.Charts;

namespace LlavaCuda.Tests.Charts;

public class OptionalChartTests
{
    [Fact]
    public void TryWrite_LibraryIsMissing_WarnsAndLeavesNoOldChart()
    {
        using TemporaryFolder folder = new();
        string path = folder.At("chart.png");
        List<string> warnings = [];
        LineChart chart = new("chart", "x", "y", [new ChartLine("one", [new(1, 2)])]);
        Assert.True(OptionalChart.TryWrite(path, chart.Draw, warnings.Add));
        Assert.True(File.Exists(path));
        Assert.Empty(warnings);
        Assert.False(OptionalChart.TryWrite(path, static () => throw new DllNotFoundException("libSkiaSharp.so is missing."), warnings.Add));
        Assert.False(File.Exists(path));
        Assert.Equal($"{path} could not be drawn: libSkiaSharp.so is missing.", Assert.Single(warnings));
    }
}
