using System.Text;

namespace LlavaCuda.Tests.Formats;

/// <summary>
/// Draws damaged copies of a JSON file: bytes flipped, cut out, doubled, swapped, and replaced by what readers stumble over.
/// </summary>
internal sealed class JsonMutants(int seed)
{
    private static readonly byte[][] Spices =
    [
        .. ((string[])
        [
            "\"\\ud800\"", "\\udc00", "NaN", "-Infinity", "null", "true", "-1", "0", "1e999", "2147483648", "9223372036854775808", "1.5",
            "[]", "{}", "[1,2,3]", "{\"a\":1}", "\"\"", "\"x\"",
            "\"../x\"", "\"/etc/passwd\"", "\"\\u0000\"",
            ",", ":", "}", "]", "[", "{", "\"", "\\", "//", "/* */", "'", "\n", "\t", "\uFEFF", "\u202e", "\U0001F600", "é",
        ]).Select(Encoding.UTF8.GetBytes),
        [0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0], [.. Enumerable.Repeat((byte)'[', 100)],
    ];

    private readonly Random _random = new(seed);

    /// <summary>Draws a damaged copy with one to three faults.</summary>
    internal byte[] Next(byte[] file)
    {
        List<byte> mutant = [.. file];
        for (int faults = _random.Next(1, 4); faults > 0; faults--)
        {
            Damage(mutant);
        }

        return [.. mutant];
    }

    private void Damage(List<byte> file)
    {
        int at = _random.Next(file.Count + 1), length = Math.Min(_random.Next(1, 40), file.Count - at);
        switch (_random.Next(8))
        {
            case 0 when at < file.Count:
                file[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                file.RemoveRange(at, length);
                break;
            case 2:
                file.InsertRange(at, file.GetRange(at, length));
                break;
            case 3:
                file.InsertRange(at, Spices[_random.Next(Spices.Length)]);
                break;
            case 4:
                file.RemoveRange(at, file.Count - at);
                break;
            case 5 when at < file.Count:
                file[at] = (byte)_random.Next(256);
                break;
            default:
                ReplaceToken(file, at);
                break;
        }
    }

    // A whole key or value, between the characters that part them.
    private void ReplaceToken(List<byte> file, int near)
    {
        int begin = file.FindIndex(Math.Min(near, Math.Max(file.Count - 1, 0)), IsEdge) + 1;
        int end = begin > 0 && begin < file.Count ? file.FindIndex(begin, IsEdge) : -1;
        if (end > begin)
        {
            file.RemoveRange(begin, end - begin);
            file.InsertRange(begin, Spices[_random.Next(Spices.Length)]);
        }

        static bool IsEdge(byte b) => b is (byte)',' or (byte)':' or (byte)'{' or (byte)'}' or (byte)'[' or (byte)']';
    }
}
