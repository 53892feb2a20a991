using LlavaCuda.Devices;
using LlavaCuda.Trainer.Verification;

namespace LlavaCuda.Tests.Verification;

[Trait("Category", "Reference")]
public class ReferenceCheckTests
{
    /// <summary>Gets every folder of the reference that holds outputs to agree with.</summary>
    public static TheoryData<string> Folders => [.. ReferenceFiles.Models];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Run_ReferenceModel_AgreesInEveryRow(string folder)
    {
        using CpuDevice device = new(2);
        using ReferenceCheck check = new(device, Path.Combine(ReferenceFiles.Root, folder));
        IReadOnlyList<VerifyRow> rows = check.Run();
        Assert.True(rows.Count >= 16, $"only {rows.Count} comparisons");
        Assert.All(rows, static row => Assert.True(row.Passes, row.ToString()));
    }

    [Fact]
    public void Run_OneWeightChanged_IsFound()
    {
        string source = ReferenceFiles.Shipped("layouts", "huggingface");
        string copy = Directory.CreateTempSubdirectory("llava-verify-").FullName;
        try
        {
            foreach (string file in Directory.EnumerateFiles(source))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            }

            string weights = Path.Combine(copy, "model.safetensors");
            byte[] bytes = File.ReadAllBytes(weights);

            // The sign of the last weight in the file.
            bytes[^1] ^= 0x80;
            File.WriteAllBytes(weights, bytes);
            using CpuDevice device = new(1);
            using ReferenceCheck check = new(device, copy);
            Assert.Contains(check.Run(), static row => !row.Passes);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }
}
