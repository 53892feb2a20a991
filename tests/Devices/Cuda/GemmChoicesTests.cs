using LlavaCuda.Devices;
using LlavaCuda.Native;
using LlavaCuda.Tests.Checkpoints;

namespace LlavaCuda.Tests.Devices.Cuda;

public sealed class GemmChoicesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => _folder.At("kernels", "products.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Keep_NewProcess_FindsTheSame()
    {
        GemmChoices choices = new(File);
        Assert.Null(choices.Find("a"));
        choices.Keep("a", Choice(1, 12.5));
        choices.Keep("b", Choice(2, double.NaN));
        GemmChoices next = new(File);
        Assert.Equal(Words(Choice(1)), Words(next.Find("a")!.Value));
        Assert.Equal(12.5, next.Find("a")!.Value.Microseconds);
        Assert.Equal(Words(Choice(2)), Words(next.Find("b")!.Value));
        Assert.Null(next.Find("c"));
        Assert.Equal(["products.json", "products.json.lock"], Directory.GetFiles(Path.GetDirectoryName(File)!).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Keep_AnotherProcessChoseFirst_TakesItsChoice()
    {
        GemmChoices mine = new(File);
        new GemmChoices(File).Keep("a", Choice(1));
        Assert.Equal(Words(Choice(1)), Words(mine.Keep("a", Choice(2))));
        Assert.Equal(Words(Choice(1)), Words(mine.Find("a")!.Value));
        mine.Keep("b", Choice(3));
        GemmChoices next = new(File);
        Assert.Equal(Words(Choice(1)), Words(next.Find("a")!.Value));
        Assert.Equal(Words(Choice(3)), Words(next.Find("b")!.Value));
    }

    [Fact]
    public void Keep_ManyAtOnce_LosesNone()
    {
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => new GemmChoices(File).Keep($"{i}", Choice((ulong)i)));
        GemmChoices all = new(File);
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(Words(Choice((ulong)i)), Words(all.Find($"{i}")!.Value)));
    }

    [Fact]
    public void Read_DamagedFile_CountsAsEmptyAndIsWrittenAnew()
    {
        new GemmChoices(File).Keep("a", Choice(1));
        byte[] sound = System.IO.File.ReadAllBytes(File);
        List<byte[]> damaged = [[], .. Enumerable.Range(1, 16).Select(i => sound[..(sound.Length * i / 17)]), "null"u8.ToArray(), "{\"choices\": 1}"u8.ToArray()];
        for (int at = 0; at < sound.Length; at += 7)
        {
            byte[] flipped = [.. sound];
            flipped[at] ^= 1;
            damaged.Add(flipped);
        }

        foreach (byte[] bytes in damaged)
        {
            System.IO.File.WriteAllBytes(File, bytes);
            GemmChoices choices = new(File);
            if (choices.Find("a") is { } found)
            {
                // A flipped bit between the values changes nothing.
                Assert.Equal(Words(Choice(1)), Words(found));
                continue;
            }

            choices.Keep("b", Choice(2));
            Assert.Equal(Words(Choice(2)), Words(new GemmChoices(File).Find("b")!.Value));
        }
    }

    [Fact]
    public void Keep_FolderThatCannotBe_RemembersWhileTheProcessRuns()
    {
        System.IO.File.WriteAllText(_folder.At("kernels"), "a file where the folder should be");
        GemmChoices choices = new(File);
        choices.Keep("a", Choice(1));
        Assert.Equal(Words(Choice(1)), Words(choices.Find("a")!.Value));
        Assert.Equal(Words(Choice(1)), Words(new GemmChoices(null).Keep("a", Choice(1))));
    }

    private static GemmChoice Choice(ulong number, double microseconds = 1)
    {
        CublasLtMatmulAlgo algorithm = default;
        algorithm[0] = 0x1122334455667788;
        algorithm[^1] = number;
        return new GemmChoice(algorithm, microseconds);
    }

    private static ulong[] Words(GemmChoice choice)
    {
        CublasLtMatmulAlgo algorithm = choice.Algorithm;
        return ((ReadOnlySpan<ulong>)algorithm).ToArray();
    }
}
