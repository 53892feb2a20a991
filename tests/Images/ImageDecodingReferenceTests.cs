using System.Security.Cryptography;
using System.Text.Json;
using LlavaCuda.Images;

namespace LlavaCuda.Tests.Images;

/// <summary>Small files of every kind and damaged copies of them, against what Pillow made of each: the same pixels, or refused where Pillow refuses.</summary>
[Trait("Category", "Reference")]
public class ImageDecodingReferenceTests
{
    private const string AnyPixels = "any";
    private static readonly string Folder = Directory.Exists(ReferenceFiles.At("decoding")) ? ReferenceFiles.At("decoding") : ReferenceFiles.Shipped("decoding");
    private static readonly JsonElement Expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "expected.json"))).RootElement;

    public static TheoryData<string> Formats => [".jpg", ".png", ".gif", ".bmp", ".webp", ".tif"];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Decode_EveryReferenceFile_EqualsPillow(string format)
    {
        int files = 0;
        foreach (JsonProperty file in Expected.GetProperty("files").EnumerateObject().Where(file => Path.GetExtension(file.Name) == format))
        {
            string name = file.Name;
            Assert.Equal($"{name}: {file.Value.GetString()}", $"{name}: {Pixels(File.ReadAllBytes(Path.Combine(Folder, name)), name)}");
            files++;
        }

        Assert.True(files > 3);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Decode_DamagedFile_EqualsPillow(string format)
    {
        List<string> wrong = [];
        (int mutants, int strict) = (0, 0);
        foreach (JsonElement mutant in Expected.GetProperty("mutants").EnumerateArray().Where(mutant => Path.GetExtension(mutant[0].GetString()) == format))
        {
            string name = mutant[0].GetString()!;
            string? pillow = mutant[2].GetString();
            string? ours = Pixels(Edit(File.ReadAllBytes(Path.Combine(Folder, name)), mutant[1]), name);
            mutants++;

            // Of damaged TIFF files Pillow makes more than is read here: kinds of pixels, and blocks that are missing.
            bool stricter = format == ".tif" && pillow is not null && ours is null;
            strict += stricter ? 1 : 0;
            if (!stricter && ours != pillow && (pillow != AnyPixels || ours is null))
            {
                wrong.Add($"{name} {mutant[1]}: {ours ?? "refused"} instead of {pillow ?? "refused"}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {mutants}: {string.Join("; ", wrong.Take(5))}");
        Assert.True(mutants > 20 && strict * 10 < mutants, $"{strict} of {mutants} are refused that Pillow reads");
    }

    private static byte[] Edit(byte[] file, JsonElement edits)
    {
        List<byte> bytes = [.. file];
        foreach (JsonElement edit in edits.EnumerateArray())
        {
            int at = edit[0].GetInt32();
            bytes.RemoveRange(at, Math.Min(edit[1].GetInt32(), bytes.Count - at));
            bytes.InsertRange(at, Convert.FromHexString(edit[2].GetString()!));
        }

        return [.. bytes];
    }

    /// <summary>Size and checksum of a file's pixels; null where it is refused, which any other exception is not.</summary>
    private static string? Pixels(byte[] file, string name)
    {
        try
        {
            RgbImage image = ImageFile.Decode(file, name);
            return $"{image.Width}x{image.Height} {Convert.ToHexStringLower(SHA256.HashData(image.Pixels))[..32]}";
        }
        catch (InvalidDataException error)
        {
            Assert.StartsWith(name + ": ", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
            return null;
        }
    }
}
