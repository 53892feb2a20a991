namespace LlavaCuda.Images.Decoding;

/// <summary>Reads streams that may have no end.</summary>
internal static class BoundedStream
{
    private const int FirstBytes = 1 << 16;

    /// <summary>Reads all that is left of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="name">What error messages call it.</param>
    /// <param name="most">The most bytes that it may have.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="InvalidDataException">There are more.</exception>
    internal static ReadOnlySpan<byte> ReadAll(Stream stream, string name, long most)
    {
        most = Math.Min(most, Array.MaxLength - 1);
        long known = stream.CanSeek ? stream.Length - stream.Position : 0;
        byte[] bytes = known > most ? throw TooLarge(name, known, most) : GC.AllocateUninitializedArray<byte>((int)Math.Max(known + 1, FirstBytes));
        int length = 0;
        while (stream.Read(bytes, length, bytes.Length - length) is > 0 and int count)
        {
            length += count;
            if (length > most)
            {
                throw TooLarge(name, length, most);
            }

            if (length == bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(2L * length, most + 1));
            }
        }

        return bytes.AsSpan(0, length);
    }

    private static InvalidDataException TooLarge(string name, long length, long most) =>
        new($"{name}: the file has {length} bytes or more; at most {most} are accepted (5 a pixel of the image pixel limit)");
}
