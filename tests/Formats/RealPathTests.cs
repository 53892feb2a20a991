using LlavaCuda.Formats;
using LlavaCuda.Tests.Checkpoints;

namespace LlavaCuda.Tests.Formats;

public sealed class RealPathTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public RealPathTests()
    {
        Directory.CreateDirectory(_folder.At("a", "b", "c"));
        Directory.CreateSymbolicLink(_folder.At("link"), "a");
        Directory.CreateSymbolicLink(_folder.At("absolute"), _folder.At("a", "b"));
        Directory.CreateSymbolicLink(_folder.At("a", "up"), "../link/b");
        Directory.CreateSymbolicLink(_folder.At("twice"), "link/up/c/../../up");
        Directory.CreateSymbolicLink(_folder.At("dangling"), "a/none");
        Directory.CreateSymbolicLink(_folder.At("circle"), "circle");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("a/b/", "a/b")]
    [InlineData("a/./b/../b", "a/b")]
    [InlineData("link", "a")]
    [InlineData("link/b", "a/b")]
    [InlineData("link/up/c", "a/b/c")]
    [InlineData("absolute/c", "a/b/c")]
    [InlineData("twice", "a/b")]
    [InlineData("dangling", "a/none")]
    [InlineData("link/new/deeper", "a/new/deeper")]
    public void Of_EverySpelling_IsThePlace(string path, string real)
    {
        string root = RealPath.Of(_folder.Root);

        Assert.Equal(Path.Combine(root, real), RealPath.Of(_folder.At(path)));
        Assert.True(RealPath.AreSame(_folder.At(path), _folder.At(real)));
        Assert.False(RealPath.AreSame(_folder.At(path), _folder.Root));
    }

    [Fact]
    public void Of_Circle_Throws() => OneLine.Throws<IOException>(() => RealPath.Of(_folder.At("circle", "x")), "links");
}
