using System.Globalization;
using System.Text.RegularExpressions;
using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tests.Checkpoints;

namespace LlavaCuda.Tests.Kernels;

/// <summary>
/// The real compiler on every instance of every kernel, for every architecture: no spills, and no more registers than <c>registers.tsv</c> says. To change the table after a
/// kernel was changed on purpose: <c>llava kernels --out tests/Kernels/registers.tsv</c>.
/// </summary>
[Trait("Category", "Nvrtc")]
public sealed class NvrtcTests
{
    /// <summary>The compiler that the table was made with; others have their own register allocation.</summary>
    private const string TableVersion = "NVRTC 12.4";

    [Fact]
    public void EveryInstance_EveryArchitecture_KeepsToItsRegistersWithoutSpills()
    {
        Assert.SkipUnless(Nvrtc.IsThere || Nvrtc.IsRequired, Nvrtc.Absence);
        using TemporaryFolder folder = new();
        string file = folder.At("now.tsv");
        (int exit, string output) = Nvrtc.RunKernels("--out", file);
        Assert.True(exit == 0, output);
        Dictionary<string, string[]> now = Read(File.ReadAllLines(file));
        Dictionary<string, string[]> table = Read(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Kernels", "registers.tsv")));
        Assert.Equal(table.Keys.Order(StringComparer.Ordinal), now.Keys.Order(StringComparer.Ordinal));
        foreach ((string kernel, string[] registers) in now)
        {
            Assert.Equal(table[kernel].Length, registers.Length);
            for (int i = 0; i < registers.Length; i++)
            {
                Assert.True(int.TryParse(registers[i], NumberStyles.None, CultureInfo.InvariantCulture, out int count), $"{kernel} spills: {registers[i]}");
                bool within = !output.StartsWith(TableVersion, StringComparison.Ordinal) || count <= int.Parse(table[kernel][i], CultureInfo.InvariantCulture);
                Assert.True(within, $"{kernel} takes {count} registers in column {i + 1}; the table allows {table[kernel][i]}.");
            }
        }
    }

    /// <summary>
    /// The block that ends last reads what the others wrote. No run can show that a fence is missing, so the order is looked at: all that a block wrote, a barrier, the ticket with release and
    /// acquire, a barrier, and loads that go past the first cache.
    /// </summary>
    [Fact]
    public void Decode_Tickets_AreTakenBetweenWhatIsWrittenAndWhatIsRead()
    {
        Assert.SkipUnless(Nvrtc.IsThere || Nvrtc.IsRequired, Nvrtc.Absence);
        using TemporaryFolder folder = new();
        (int exit, string output) = Nvrtc.RunKernels("--only", "cached_attention_decode", "--arch", "sm_80,sm_90a", "--ptx", folder.At("ptx"));
        Assert.True(exit == 0, output);
        string[] files = Directory.GetFiles(folder.At("ptx"));
        Assert.Equal(2 * CachedAttentionKernels.Decode.Instances.Count, files.Length);
        foreach (string file in files)
        {
            string ptx = File.ReadAllText(file);
            MatchCollection tickets = Regex.Matches(ptx, @"\batom\.\S+");
            Assert.Equal("atom.acq_rel.gpu.global.add.u32", Assert.Single(tickets).Value);
            string before = ptx[..tickets[0].Index];
            string after = ptx[tickets[0].Index..];
            Assert.True(before.LastIndexOf("bar.sync", StringComparison.Ordinal) > before.LastIndexOf("st.global.f32", StringComparison.Ordinal), $"{file}: no barrier behind what is written.");
            int barrier = after.IndexOf("bar.sync", StringComparison.Ordinal);
            int read = after.IndexOf("ld.relaxed.gpu.global", StringComparison.Ordinal);
            Assert.True(barrier >= 0 && read > barrier, $"{file}: no barrier before what is read.");
            Assert.DoesNotContain("ld.relaxed", before, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"\bld\.global", after);
        }
    }

    /// <summary>A kernel that no catalogue lists would never be compiled here.</summary>
    [Fact]
    public void Catalogue_ListsEveryKernelOfEveryFile()
    {
        string[] listed = [.. KernelCatalog.All.Select(static k => $"{k.Stem} {k.Function}").Order(StringComparer.Ordinal)];
        string[] written = [.. LlavaCuda.Devices.KernelSources.Stems.SelectMany(KernelFiles.FunctionsOf).Order(StringComparer.Ordinal)];
        Assert.Equal(written, listed);
        Assert.Equal(listed.Distinct(), listed);
    }

    private static Dictionary<string, string[]> Read(string[] lines)
    {
        Dictionary<string, string[]> rows = new(StringComparer.Ordinal);
        foreach (string line in lines.Skip(1))
        {
            string[] cells = line.Split('\t');
            rows.Add(cells[1], cells[2..]);
        }

        return rows;
    }
}
