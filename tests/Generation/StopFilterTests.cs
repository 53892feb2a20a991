using FsCheck;
using FsCheck.Fluent;
using LlavaCuda.Generation;

namespace LlavaCuda.Tests.Generation;

public class StopFilterTests
{
    [Fact]
    public void Append_StopStringInPieces_IsNeverShown()
    {
        StopFilter filter = new(["###"]);
        Assert.Equal("yes", filter.Append("yes#"));
        Assert.Equal(string.Empty, filter.Append("#"));
        Assert.Equal(string.Empty, filter.Append("# Human"));
        Assert.True(filter.Stopped);
    }

    [Fact]
    public void Append_BeginningThatBecomesSomethingElse_IsShownLater()
    {
        StopFilter filter = new(["</s>"]);
        Assert.Equal("a", filter.Append("a</"));
        Assert.Equal("</b", filter.Append("b"));
        Assert.False(filter.Stopped);
    }

    [Fact]
    public void Append_TwoStops_TheEarlierCounts() => Assert.Equal("x", new StopFilter(["BB", "A"]).Append("xABB"));

    [Fact]
    public void Flush_HeldText_IsGivenOut()
    {
        StopFilter filter = new(["###"]);
        filter.Append("a##");
        Assert.Equal("##", filter.Flush());
    }

    [Fact]
    public void Append_AnyPieces_ShowWhatStandsBeforeTheStop() => Prop.ForAll<NonNull<string>[]>(static pieces =>
    {
        const string Stop = "ab";
        StopFilter filter = new([Stop]);
        string shown = string.Concat(pieces.Select(p => filter.Append(p.Get))) + (filter.Stopped ? string.Empty : filter.Flush());
        string whole = string.Concat(pieces.Select(static p => p.Get));
        int at = whole.IndexOf(Stop, StringComparison.Ordinal);
        return shown == (at < 0 ? whole : whole[..at]);
    }).QuickCheckThrowOnFailure();
}
