using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Reads files of JSON Lines whose rows are objects, a row at a time: in memory is one row, whatever the size of the file. Lines of white
/// space are passed over.
/// </summary>
internal static class JsonLines
{
    private const int Block = 1 << 16;
    private const int LongestRow = 1 << 28;

    /// <summary>Reads the rows.</summary>
    /// <param name="path">The file.</param>
    /// <param name="whole">Whether a last line without an end is passed over, as one that was not written to its end.</param>
    /// <returns>The line of each, from 1 on, and the row, whose errors name file and line.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A line is not an object; the message names file and line.</exception>
    internal static IEnumerable<(long Line, ConfigSection Row)> Read(string path, bool whole = false)
    {
        using FileStream file = RegularFile.OpenRead(path);
        byte[] buffer = new byte[Block];
        (int begin, int end, long line) = (0, 0, 0);
        while (true)
        {
            int length = buffer.AsSpan(begin, end - begin).IndexOf((byte)'\n');
            if (length < 0)
            {
                if (begin > 0)
                {
                    buffer.AsSpan(begin, end - begin).CopyTo(buffer);
                    (begin, end) = (0, end - begin);
                }

                if (end == buffer.Length)
                {
                    Array.Resize(ref buffer, end < LongestRow ? 2 * end
                        : throw new InvalidDataException($"{path}: line {line + 1} has more than {LongestRow:N0} bytes."));
                }

                int count = file.Read(buffer, end, buffer.Length - end);
                end += count;
                if (count > 0)
                {
                    continue;
                }

                if (whole || begin == end)
                {
                    yield break;
                }

                length = end - begin;
            }

            line++;
            byte[] text = buffer.AsSpan(begin, length).ToArray();
            begin = Math.Min(begin + length + 1, end);
            if (text.AsSpan().ContainsAnyExcept(" \t\r"u8))
            {
                yield return (line, ConfigSection.Parse(text, path, line));
            }
        }
    }
}
