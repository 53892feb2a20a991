using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Metrics;

/// <summary>
/// Reads the lines of a log that a run goes on with. Logs never stop a run: a pipe or a device in the place of one, or a link to it, has
/// no lines, and a line longer than any that a run writes passes as an empty one.
/// </summary>
internal static class LogLines
{
    /// <summary>The most bytes of a line.</summary>
    internal const int Longest = 1 << 16;

    /// <summary>Reads a log.</summary>
    /// <param name="path">The file, which need not be there.</param>
    /// <returns>Each line without its end, valid until the next one is asked for, and its number, counted from 1.</returns>
    internal static IEnumerable<(ReadOnlyMemory<byte> Line, int Number)> Read(string path)
    {
        if (!RegularFile.HasBytes(path))
        {
            yield break;
        }

        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        byte[] bytes = new byte[Longest + 1];
        int start = 0, end = 0, number = 1;
        bool isTooLong = false;
        while (true)
        {
            int length = bytes.AsSpan(start..end).IndexOf((byte)'\n');
            if (length >= 0)
            {
                yield return (isTooLong ? default : bytes.AsMemory(start, length), number++);
                (start, isTooLong) = (start + length + 1, false);
                continue;
            }

            isTooLong |= end - start > Longest;
            end = isTooLong ? start : end;
            bytes.AsSpan(start..end).CopyTo(bytes);
            (start, end) = (0, end - start);
            int read = file.Read(bytes, end, bytes.Length - end);
            if (read == 0)
            {
                break;
            }

            end += read;
        }

        if (end > 0 || isTooLong)
        {
            yield return (isTooLong ? default : bytes.AsMemory(0, end), number);
        }
    }
}
