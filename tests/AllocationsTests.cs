namespace LlavaCuda.Tests;

public sealed class AllocationsTests
{
    private object? _kept;

    [Fact]
    public void Of_Array_IsItsSize() => Assert.Equal(128, Allocations.Of(() => _kept = new byte[100]));

    [Fact]
    public void AssertNone_ThirdCallAllocates_Fails()
    {
        int calls = 0;
        Assert.ThrowsAny<Exception>(() => Allocations.AssertNone(() => _kept = ++calls == 3 ? new byte[100] : _kept));
    }
}
