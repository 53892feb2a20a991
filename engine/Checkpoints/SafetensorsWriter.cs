using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LlavaCuda.Tensors;

namespace LlavaCuda.Checkpoints;

/// <summary>Writes safetensors files as a stream: a few megabytes of memory, whatever the size of the tensors.</summary>
public static class SafetensorsWriter
{
    /// <summary>The size of a shard that Hugging Face's libraries use, too.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    private const int ChunkBytes = 1 << 22;
    private const int Alignment = 8;

    /// <summary>Writes one file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">The tensors.</param>
    /// <param name="type">F32, BF16 or F16: floating-point tensors are converted to it, rounded to nearest even. Null keeps every
    /// type.</param>
    /// <param name="metadata">Text to add; null writes <c>format: pt</c>, which other programs expect.</param>
    public static void Write(string path, IReadOnlyList<TensorSource> tensors, DType? type = null, IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, type, metadata));

    /// <summary>
    /// Writes the tensors of a model into a folder: <c>model.safetensors</c>, or shards and their index when they are larger than one
    /// shard.
    /// </summary>
    internal static void WriteSharded(AtomicFolder folder, IReadOnlyList<TensorSource> tensors, DType? type, long maxShardBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxShardBytes);
        List<List<TensorSource>> shards = Divide(tensors, type, maxShardBytes);
        if (shards.Count == 1)
        {
            folder.WriteFile("model.safetensors", stream => Write(stream, shards[0], type, null, folder.IsTrial));
            return;
        }

        SortedDictionary<string, string> places = new(StringComparer.Ordinal);
        for (int i = 0; i < shards.Count; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors");
            List<TensorSource> shard = shards[i];
            folder.WriteFile(name, stream => Write(stream, shard, type, null, folder.IsTrial));
            shard.ForEach(tensor => places.Add(tensor.Name, name));
        }

        folder.WriteFile("model.safetensors.index.json", stream =>
        {
            using Utf8JsonWriter json = new(stream, ConfigText.Indented);
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", tensors.Sum(t => Bytes(t, type)));
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach ((string tensor, string file) in places)
            {
                json.WriteString(tensor, file);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    /// <summary>Writes a file's contents; of a trial only the header, in a file of the full size.</summary>
    internal static void Write(
        Stream stream, IReadOnlyList<TensorSource> tensors, DType? type, IReadOnlyDictionary<string, string>? metadata, bool isTrial = false)
    {
        // Wide elements first: then every tensor begins at a multiple of its element size.
        List<TensorSource> ordered = [.. tensors.OrderByDescending(t => FileType(t, type).Size())];
        byte[] header = Header(ordered, type, metadata ?? new Dictionary<string, string> { ["format"] = "pt" });
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        if (isTrial)
        {
            stream.SetLength(8 + header.Length + tensors.Sum(t => Bytes(t, type)));
            return;
        }

        byte[] read = new byte[ChunkBytes], converted = new byte[ChunkBytes];
        foreach (TensorSource tensor in ordered)
        {
            DType to = FileType(tensor, type);
            int most = ChunkBytes / Math.Max(to.Size(), tensor.Type.Size());
            for (long start = 0; start < tensor.Shape.Count; start += most)
            {
                int count = (int)Math.Min(most, tensor.Shape.Count - start);
                Span<byte> source = read.AsSpan(0, count * tensor.Type.Size()), destination = converted.AsSpan(0, count * to.Size());
                tensor.ReadAs(start, source, destination, to);
                stream.Write(destination);
            }
        }
    }

    private static byte[] Header(List<TensorSource> tensors, DType? type, IReadOnlyDictionary<string, string> metadata)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach ((string key, string value) in metadata)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            long offset = 0;
            foreach (TensorSource tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", FileType(tensor, type) is DType.Bool ? "BOOL" : FileType(tensor, type).ToString());
                json.WriteStartArray("shape");
                for (int i = 0; i < tensor.Shape.Rank; i++)
                {
                    json.WriteNumberValue(tensor.Shape[i]);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += Bytes(tensor, type));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        text.Write(Encoding.ASCII.GetBytes(new string(' ', (Alignment - (int)(text.Length % Alignment)) % Alignment)));
        return text.ToArray();
    }

    private static List<List<TensorSource>> Divide(IReadOnlyList<TensorSource> tensors, DType? type, long maxShardBytes)
    {
        List<List<TensorSource>> shards = [[]];
        long used = 0;
        foreach (TensorSource tensor in tensors)
        {
            long bytes = Bytes(tensor, type);
            if (used > 0 && used + bytes > maxShardBytes)
            {
                shards.Add([]);
                used = 0;
            }

            shards[^1].Add(tensor);
            used += bytes;
        }

        return shards;
    }

    private static DType FileType(TensorSource tensor, DType? type) => type is not null && Elements.IsFloat(tensor.Type) ? type.Value : tensor.Type;

    private static long Bytes(TensorSource tensor, DType? type) => tensor.Shape.Count * FileType(tensor, type).Size();
}
