using LlavaCuda.Devices;
using LlavaCuda.Tests.Checkpoints;

namespace LlavaCuda.Tests.Devices.Cuda;

public sealed class KernelCacheTests : IDisposable
{
    private static readonly CompiledKernel Code = new("_Z4nameIiEvv", [1, 2, 3, 4, 5], string.Empty);
    private readonly TemporaryFolder _folder = new();
    private readonly string _key = KernelCache.Key("source", "option");

    public void Dispose() => _folder.Dispose();

    private string Entry => _folder.At(Path.Combine("kernels", _key));

    private KernelCache Cache => new(_folder.At("kernels"));

    [Fact]
    public void Find_Kept_GivesTheSameCode()
    {
        Cache.Keep(_key, Code);
        CompiledKernel found = Cache.Find(_key)!;
        Assert.Equal(Code.LoweredName, found.LoweredName);
        Assert.Equal(Code.Image, found.Image);
        Assert.Equal([_key], Directory.EnumerateFiles(_folder.At("kernels")).Select(Path.GetFileName));
    }

    [Fact]
    public void Find_NothingKept_GivesNull() => Assert.Null(Cache.Find(_key));

    [Fact]
    public void Find_AnyByteChanged_GivesNullAndKeepWritesItAnew()
    {
        Cache.Keep(_key, Code);
        byte[] sound = File.ReadAllBytes(Entry);
        for (int i = 0; i < sound.Length; i++)
        {
            byte[] damaged = [.. sound];
            damaged[i] ^= 0x10;
            File.WriteAllBytes(Entry, damaged);
            Assert.Null(Cache.Find(_key));
        }

        Cache.Keep(_key, Code);
        Assert.NotNull(Cache.Find(_key));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(43)]
    [InlineData(50)]
    public void Find_CutOff_GivesNull(int bytes)
    {
        Cache.Keep(_key, Code);
        File.WriteAllBytes(Entry, File.ReadAllBytes(Entry)[..bytes]);
        Assert.Null(Cache.Find(_key));
    }

    [Fact]
    public void Keep_FolderCannotBeMade_IsNoError()
    {
        File.WriteAllText(_folder.At("kernels"), "a file where the folder should be");
        Cache.Keep(_key, Code);
        Assert.Null(Cache.Find(_key));
        new KernelCache(folder: null).Keep(_key, Code);
        Assert.Null(new KernelCache(folder: null).Find(_key));
    }

    [Fact]
    public void Key_AnyPart_ChangesIt()
    {
        string[] keys = [KernelCache.Key("a", "b"), KernelCache.Key("ab"), KernelCache.Key("a", "b", string.Empty), KernelCache.Key("b", "a"), KernelCache.Key("a", "c")];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], KernelCache.Key("a", "b"));
    }
}
