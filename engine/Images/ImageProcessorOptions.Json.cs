using System.Text;
using System.Text.Json;

namespace LlavaCuda.Images;

/// <content>Reading and writing <c>preprocessor_config.json</c>.</content>
public sealed partial record ImageProcessorOptions
{
    private const int Bicubic = 3;

    /// <summary>Reads the text of a <c>preprocessor_config.json</c>; sizes may be numbers, as in old files, or objects.</summary>
    /// <param name="json">The text.</param>
    /// <param name="fileName">What error messages call it.</param>
    /// <returns>The options; what the file does not say has the default value.</returns>
    /// <exception cref="InvalidDataException">The text is no JSON object, a value makes no sense or asks for something else than CLIP's processing.</exception>
    public static ImageProcessorOptions Parse(string json, string fileName)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Parse(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"{fileName}: {e.Message}", e);
        }
    }

    /// <summary>Writes the options as transformers reads them.</summary>
    /// <returns>The text of a <c>preprocessor_config.json</c>.</returns>
    public string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            // CLIP's own class knows no padding; LLaVA's does, and is otherwise the same.
            bool pad = Aspect == ImageAspect.Pad;
            writer.WriteStartObject();
            writer.WriteString("image_processor_type", pad ? "LlavaImageProcessor" : "CLIPImageProcessor");
            writer.WriteBoolean("do_convert_rgb", true);
            if (pad)
            {
                writer.WriteBoolean("do_pad", true);
            }

            writer.WriteBoolean("do_resize", true);
            writer.WriteStartObject("size");
            writer.WriteNumber("shortest_edge", ShortestEdge);
            writer.WriteEndObject();
            writer.WriteNumber("resample", Bicubic);
            writer.WriteBoolean("do_center_crop", true);
            writer.WriteStartObject("crop_size");
            writer.WriteNumber("height", CropSize);
            writer.WriteNumber("width", CropSize);
            writer.WriteEndObject();
            writer.WriteBoolean("do_rescale", true);
            writer.WriteNumber("rescale_factor", RescaleFactor);
            writer.WriteBoolean("do_normalize", true);
            Write(writer, "image_mean", Mean);
            Write(writer, "image_std", Deviation);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static ImageProcessorOptions Parse(JsonElement root)
    {
        Require(root.ValueKind == JsonValueKind.Object, "expected a JSON object.");
        foreach (string step in (ReadOnlySpan<string>)["do_resize", "do_center_crop", "do_rescale", "do_normalize"])
        {
            Require(Find(root, step) is not { ValueKind: JsonValueKind.False }, $"\"{step}\" is false; CLIP's processing has every step.");
        }

        Require(Find(root, "resample") is not { } filter || (filter.ValueKind == JsonValueKind.Number && filter.GetInt32() == Bicubic), "\"resample\" is not 3 (bicubic).");
        ImageProcessorOptions options = new();
        options = options with
        {
            ShortestEdge = Find(root, "size") is { } size ? Edge(size, "size") : options.ShortestEdge,
            CropSize = Find(root, "crop_size") is { } crop ? Side(crop) : options.CropSize,
            RescaleFactor = Find(root, "rescale_factor") is { } factor ? Number(factor, "rescale_factor") : options.RescaleFactor,
            Mean = Find(root, "image_mean") is { } mean ? Channels(mean, "image_mean") : options.Mean,
            Deviation = Find(root, "image_std") is { } deviation ? Channels(deviation, "image_std") : options.Deviation,
            Aspect = Find(root, "do_pad") is { ValueKind: JsonValueKind.True } ? ImageAspect.Pad : ImageAspect.Square,
        };
        options.Validate();
        return options;
    }

    private static JsonElement? Find(JsonElement root, string key) =>
        root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static int Edge(JsonElement size, string key) =>
        size.ValueKind == JsonValueKind.Number ? Integer(size, key)
            : size.ValueKind == JsonValueKind.Object && Find(size, "shortest_edge") is { } edge ? Integer(edge, key)
            : throw new FormatException($"\"{key}\" is {Text(size)}; expected a number or an object with \"shortest_edge\".");

    private static int Side(JsonElement crop)
    {
        if (crop.ValueKind == JsonValueKind.Number)
        {
            return Integer(crop, "crop_size");
        }

        return crop.ValueKind == JsonValueKind.Object && Find(crop, "height") is { } height && Find(crop, "width") is { } width
            && Integer(height, "crop_size") == Integer(width, "crop_size")
            ? Integer(width, "crop_size")
            : throw new FormatException($"\"crop_size\" is {Text(crop)}; expected a number or an object with equal \"height\" and \"width\".");
    }

    private static int Integer(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw new FormatException($"\"{key}\" holds {Text(value)}; expected a whole number.");

    private static double Number(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw new FormatException($"\"{key}\" holds {Text(value)}; expected a number.");

    private static ChannelValues Channels(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 3
            ? new ChannelValues(Number(value[0], key), Number(value[1], key), Number(value[2], key))
            : throw new FormatException($"\"{key}\" is {Text(value)}; expected three numbers.");

    private static void Write(Utf8JsonWriter writer, string key, ChannelValues values)
    {
        writer.WriteStartArray(key);
        writer.WriteNumberValue(values.Red);
        writer.WriteNumberValue(values.Green);
        writer.WriteNumberValue(values.Blue);
        writer.WriteEndArray();
    }

    /// <summary>A value as one line of an error message.</summary>
    private static string Text(JsonElement value) => string.Join(' ', value.GetRawText().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
