using LlavaCuda.Trainer.Evaluation;

namespace LlavaCuda.Tests.Evaluation;

public sealed class RunFingerprintTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-fingerprint-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Of_WeightsNamesOrOptionsChanged_Differs()
    {
        string weights = Path.Combine(_folder, "model.safetensors"), other = Path.Combine(_folder, "config.json");
        byte[] bytes = new byte[3_000_000];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(weights, bytes);
        File.WriteAllText(other, "{}");
        string first = RunFingerprint.Of([_folder, null], "greedy");
        File.WriteAllText(Path.Combine(_folder, "notes.txt"), "not of the model");
        Assert.Equal(first, RunFingerprint.Of([_folder, null], "greedy"));
        HashSet<string> seen = [first, RunFingerprint.Of([_folder, null], "sampled")];
        File.WriteAllText(other, "{ }");
        seen.Add(RunFingerprint.Of([_folder], "greedy"));
        bytes[^1]++;
        File.WriteAllBytes(weights, bytes);
        seen.Add(RunFingerprint.Of([_folder], "greedy"));
        Array.Reverse(bytes, 1_000_000, 500_000);
        File.WriteAllBytes(weights, bytes);
        seen.Add(RunFingerprint.Of([_folder], "greedy"));
        Assert.Equal(5, seen.Count);
    }
}
