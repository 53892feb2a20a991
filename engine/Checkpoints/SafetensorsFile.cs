using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Tensors;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// A safetensors file: eight bytes with the length of the header, a JSON header (name to dtype, shape, data_offsets), then the elements, little-endian and row-major.
/// The header is believed in nothing: tensors must lie end to end, exactly fill the file, and have the length that type and shape imply.
/// </summary>
public sealed class SafetensorsFile : WeightFile
{
    private const long LongestHeader = 100_000_000;
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsFile(MappedFile file)
        : base(file)
    {
    }

    /// <summary>Gets the free text that the writer added, such as <c>format</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The opened file, which the caller disposes.</returns>
    /// <exception cref="InvalidDataException">The header breaks the format; the message names file, tensor, and what was expected.</exception>
    public static new SafetensorsFile Open(string path)
    {
        MappedFile mapping = new(path);
        try
        {
            SafetensorsFile file = new(mapping);
            file.ReadHeader();
            return file;
        }
        catch
        {
            mapping.Dispose();
            throw;
        }
    }

    private void ReadHeader()
    {
        if (Mapping.Length < 8)
        {
            throw Mapping.Bad($"has {Mapping.Length} bytes; a safetensors file begins with 8 bytes of header length.");
        }

        long length = BinaryPrimitives.ReadInt64LittleEndian(Mapping.Span(0, 8));
        if (length is < 2 or > LongestHeader || length > Mapping.Length - 8)
        {
            throw Mapping.Bad($"the header claims {(ulong)length} bytes; expected 2 to {Math.Min(LongestHeader, Mapping.Length - 8)} (the file has {Mapping.Length}): not a safetensors file, or truncated.");
        }

        ConfigSection header = ConfigSection.Parse(Mapping.Span(8, (int)length).ToArray(), $"{Path}: header");
        List<(string Name, DType Type, Shape Shape, long Begin, long End)> entries = ReadEntries(header);
        entries.Sort(static (a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
        long data = 8 + length, expected = 0;
        foreach ((string name, DType type, Shape shape, long begin, long end) in entries)
        {
            if (begin != expected || end - begin != shape.Count * type.Size())
            {
                throw BadTensor(name, $"{type} {shape} lies at data_offsets [{begin}, {end}]; expected [{expected}, {expected + (shape.Count * type.Size())}], behind its neighbour and as long as its shape.");
            }

            if (end > Mapping.Length - data)
            {
                throw BadTensor(name, $"data_offsets end at {end}, but only {Mapping.Length - data} bytes follow the header: truncated.");
            }

            Add(new StoredTensor(Mapping, name, type, shape, data + begin));
            expected = end;
        }

        if (expected != Mapping.Length - data)
        {
            throw Mapping.Bad($"{Mapping.Length - data} bytes follow the header, but its tensors have {expected}.");
        }
    }

    private List<(string Name, DType Type, Shape Shape, long Begin, long End)> ReadEntries(ConfigSection header)
    {
        List<(string Name, DType Type, Shape Shape, long Begin, long End)> entries = [];
        foreach ((string name, JsonElement value) in header.Entries)
        {
            ConfigSection entry = header.Section(name, value);
            if (name != "__metadata__")
            {
                entries.Add(ReadEntry(entry, name));
                continue;
            }

            foreach ((string key, JsonElement text) in entry.Entries)
            {
                _metadata[key] = text.ValueKind == JsonValueKind.String ? text.GetString()! : throw entry.Wrong(key, "a string");
            }
        }

        return entries;
    }

    private (string Name, DType Type, Shape Shape, long Begin, long End) ReadEntry(ConfigSection entry, string name)
    {
        DType? type = null;
        Shape? shape = null;
        long[]? offsets = null;
        foreach ((string key, JsonElement value) in entry.Entries)
        {
            switch (key)
            {
                case "dtype":
                    string text = entry.Text(key, string.Empty);
                    type = ParseType(text) ?? throw BadTensor(name, $"dtype {Quoted.Name(text)} is unknown; expected F32, BF16, F16, F64, I64, I32, I16, I8, U8 or BOOL.");
                    break;
                case "shape":
                    shape = ToShape(name, ReadNumbers(value, name, key));
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(value, name, key);
                    break;
                default:
                    throw BadTensor(name, $"key {Quoted.Name(key)} is unexpected; expected dtype, shape and data_offsets.");
            }
        }

        return type is null || shape is null || offsets is not [long begin, long end] || end < begin
            ? throw BadTensor(name, "needs a dtype, a shape and data_offsets of two rising numbers.")
            : (name, type.Value, shape.Value, begin, end);
    }

    private long[] ReadNumbers(JsonElement list, string name, string key)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw BadTensor(name, $"{key} is not a list of numbers.");
        }

        long[] numbers = new long[list.GetArrayLength()];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = list[i].ValueKind == JsonValueKind.Number && list[i].TryGetInt64(out long number) && number >= 0 ? number
                : throw BadTensor(name, $"{key} holds what is not a whole number of 0 or more.");
        }

        return numbers;
    }

    private Shape ToShape(string name, long[] extents)
    {
        try
        {
            Shape shape = new(extents);
            _ = checked(shape.Count * sizeof(double));
            return shape;
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException)
        {
            throw BadTensor(name, $"shape [{string.Join(", ", extents.Take(8).Select(static n => n.ToString(CultureInfo.InvariantCulture)))}] is not supported; expected at most 4 extents with a product below 2^60.");
        }
    }

    private static DType? ParseType(string name) => name switch
    {
        "F32" => DType.F32,
        "BF16" => DType.BF16,
        "F16" => DType.F16,
        "F64" => DType.F64,
        "I64" => DType.I64,
        "I32" => DType.I32,
        "I16" => DType.I16,
        "I8" => DType.I8,
        "U8" => DType.U8,
        "BOOL" => DType.Bool,
        _ => null,
    };

    private InvalidDataException BadTensor(string name, string what) => Mapping.Bad($"tensor {Quoted.Name(name)}: {what}");
}
