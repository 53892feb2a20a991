using System.Security.Cryptography;
using System.Text;

namespace LlavaCuda.Trainer.Evaluation;

/// <summary>
/// Tells answers of one model, asked in one way, from others: files of answers that are gone on with must not mix them. Of large files
/// only samples are
/// read, spread over the whole file, so that a model that was trained further differs.
/// </summary>
internal static class RunFingerprint
{
    private const int Samples = 64;
    private const int SampleBytes = 1 << 14;
    private const int ShownBytes = 8;
    private static readonly string[] Extensions = [".json", ".safetensors", ".bin", ".model", ".jinja"];

    /// <summary>Computes it.</summary>
    /// <param name="folders">The folders of the model's parts; those that are null are none.</param>
    /// <param name="how">How it is asked.</param>
    internal static string Of(IEnumerable<string?> folders, string how)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(how));
        byte[] block = new byte[SampleBytes];
        foreach (string folder in folders.OfType<string>())
        {
            foreach (string path in Directory.EnumerateFiles(folder).Where(static f => Extensions.Contains(Path.GetExtension(f)))
                .Order(StringComparer.Ordinal))
            {
                using FileStream file = File.OpenRead(path);
                hash.AppendData(Encoding.UTF8.GetBytes($"\n{Path.GetFileName(path)} {file.Length}\n"));
                int count = (int)Math.Min(Samples, (file.Length + SampleBytes - 1) / SampleBytes);
                for (int i = 0; i < count; i++)
                {
                    file.Position = count == 1 ? 0 : Math.Max(file.Length - SampleBytes, 0) * i / (count - 1);
                    hash.AppendData(block.AsSpan(0, file.ReadAtLeast(block, SampleBytes, throwOnEndOfStream: false)));
                }
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, ShownBytes));
    }
}
