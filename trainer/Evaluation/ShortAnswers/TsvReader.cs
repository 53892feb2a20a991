using System.Text;
using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>
/// Reads tables with a tab between fields, as pandas writes them: fields with tabs, quotes or line ends are in quotes, and quotes in them
/// are doubled. Long fields, such as images in base64, are passed over, whatever their size.
/// </summary>
internal static class TsvReader
{
    /// <summary>The most bytes of a field that is kept.</summary>
    internal const int Longest = 1 << 16;

    private const int Block = 1 << 20;

    /// <summary>Reads the rows.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The line on which each begins, from 1 on, and its fields.</returns>
    /// <exception cref="InvalidDataException">A quote is not closed, or a byte is not UTF-8; file and line are named.</exception>
    internal static IEnumerable<(long Line, TsvField[] Fields)> Read(string path)
    {
        using FileStream file = RegularFile.OpenRead(path);
        byte[] block = new byte[Block];
        MemoryStream text = new();
        List<TsvField> fields = [];
        (long at, long begin, long length, long line, long first) = (0, 0, 0, 1, 1);
        (bool isQuoted, bool wasQuoted) = (false, false);
        for (int count = file.Read(block); count > 0; count = file.Read(block))
        {
            for (int i = 0; i < count; i++, at++)
            {
                byte value = block[i];
                if (!isQuoted && (value is (byte)'\t' or (byte)'\n'))
                {
                    End(value == '\n');
                    begin = at + 1;
                    if (value == '\n')
                    {
                        line++;
                        if (fields.Count > 1 || fields[0].Length > 0)
                        {
                            yield return (first, [.. fields]);
                        }

                        fields.Clear();
                        first = line;
                    }

                    continue;
                }

                if (value == '"' && (isQuoted || length == 0 || wasQuoted))
                {
                    // The second of two quotes within a field stands for one.
                    if (!isQuoted && wasQuoted)
                    {
                        Keep(value);
                    }

                    (isQuoted, wasQuoted) = (!isQuoted, isQuoted);
                    begin = length == 0 && isQuoted ? at + 1 : begin;
                    continue;
                }

                wasQuoted = false;
                line += value == '\n' ? 1 : 0;
                Keep(value);
            }
        }

        if (isQuoted)
        {
            throw new InvalidDataException($"{path}: line {first}: a quote is not closed.");
        }

        if (length > 0 || fields.Count > 0)
        {
            End(isLast: true);
            yield return (first, [.. fields]);
        }

        void Keep(byte value)
        {
            length++;
            if (length <= Longest)
            {
                text.WriteByte(value);
            }
        }

        void End(bool isLast)
        {
            try
            {
                string? kept = length > Longest ? null : new UTF8Encoding(false, throwOnInvalidBytes: true)
                    .GetString(text.GetBuffer(), 0, (int)text.Length);
                fields.Add(new TsvField(isLast ? kept?.TrimEnd('\r') : kept, begin, length));
            }
            catch (DecoderFallbackException)
            {
                throw new InvalidDataException($"{path}: line {first}: a byte is not valid UTF-8.");
            }

            text.SetLength(0);
            (length, wasQuoted) = (0, false);
        }
    }
}
