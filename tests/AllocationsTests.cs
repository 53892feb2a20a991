namespace LlavaCuda.Tests;

public sealed class AllocationsTests
{
    private object? _kept;

    [Fact]
    public void Of_Array_IsItsSize() =>
        // Perhaps with the rest of the buffer that it came from, if a collection begins just then.
        Assert.InRange(Allocations.Of(() => _kept = new byte[100]), 128, 128 + 8192);

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void AssertNone_OneCallAllocates_FailsForTheThird(int which, bool fails)
    {
        int calls = 0;
        Exception? failure = Record.Exception(() => Allocations.AssertNone(() => _kept = ++calls == which ? new byte[100] : _kept));
        Assert.Equal(3, calls);
        Assert.Equal(fails, failure is Xunit.Sdk.EqualException);
        Assert.Equal(fails, failure is not null);
    }
}
