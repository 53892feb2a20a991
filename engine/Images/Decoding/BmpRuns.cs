namespace LlavaCuda.Images.Decoding;

/// <summary>The run-length coding of BMP files, with Pillow's handling of rows that are too long, of jumps and of an early end.</summary>
internal static class BmpRuns
{
    /// <summary>Decodes runs.</summary>
    /// <param name="file">The file, for errors.</param>
    /// <param name="reader">Stands at the first run.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="four">Whether indices have 4 bits.</param>
    /// <returns>An index a pixel.</returns>
    internal static byte[] Decode(EncodedImage file, ref ByteReader reader, int width, int height, bool four)
    {
        byte[] indices = new byte[width * height];
        int done = 0;
        int x = 0;
        while (done < indices.Length)
        {
            int count = reader.ByteOrEnd();
            int value = reader.ByteOrEnd();
            if (value < 0)
            {
                break;
            }

            if (count > 0)
            {
                count = Math.Min(Math.Min(count, Math.Max(width - x, 0)), indices.Length - done);
                for (int i = 0; i < count; i++)
                {
                    indices[done + i] = (byte)(!four ? value : i % 2 == 0 ? value >> 4 : value & 15);
                }

                done += count;
                x += count;
            }
            else if (value == 0)
            {
                done = (done + width - 1) / width * width;
                x = 0;
            }
            else if (value == 1)
            {
                break;
            }
            else if (value == 2)
            {
                ReadOnlySpan<byte> jump = reader.UpTo(2);
                if (jump.Length < 2)
                {
                    break;
                }

                done = (int)Math.Min(indices.Length, done + jump[0] + ((long)jump[1] * width));
                x = done % width;
            }
            else
            {
                count = Math.Min(indices.Length - done, value);
                ReadOnlySpan<byte> stored = reader.UpTo(four ? (count + 1) / 2 : count);
                int given = Math.Min(count, four ? stored.Length * 2 : stored.Length);
                for (int i = 0; i < given; i++)
                {
                    indices[done + i] = !four ? stored[i] : (byte)(i % 2 == 0 ? stored[i / 2] >> 4 : stored[i / 2] & 15);
                }

                done += given;
                if (given < count)
                {
                    break;
                }

                x += value;
                reader.Position += reader.Position & 1;
            }
        }

        return done == indices.Length ? indices : throw file.CutShort();
    }
}
