using System.Text;
using System.Text.Json;
using LlavaCuda.Formats;

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
    public static ImageProcessorOptions Parse(string json, string fileName) => Read(ConfigSection.Parse(Encoding.UTF8.GetBytes(json), fileName));

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

    /// <summary>Reads the object of a <c>preprocessor_config.json</c>.</summary>
    internal static ImageProcessorOptions Read(ConfigSection file)
    {
        foreach (string step in (ReadOnlySpan<string>)["do_resize", "do_center_crop", "do_rescale", "do_normalize"])
        {
            if (!file.Flag(step, true))
            {
                throw file.Wrong(step, "true: CLIP's processing has every step");
            }
        }

        // Of other classes the same keys may mean something else.
        file.Require("image_processor_type", "CLIPImageProcessor", "CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPImageProcessorPil", "CLIPFeatureExtractor", "LlavaImageProcessor", "LlavaImageProcessorFast", "LlavaImageProcessorPil");
        file.Require("feature_extractor_type", "CLIPFeatureExtractor", "CLIPFeatureExtractor", "CLIPImageProcessor");
        file.Require("data_format", "channels_first", "channels_first");
        if (!file.Flag("do_convert_rgb", true))
        {
            throw file.Wrong("do_convert_rgb", "true: images have three channels");
        }

        if (file.OptionalInteger("resample") is not (null or Bicubic))
        {
            throw file.Wrong("resample", "3 (bicubic)");
        }

        ImageProcessorOptions clip = new();
        return clip with
        {
            ShortestEdge = file.Kind("size") == JsonValueKind.Object ? ShortestEdgeOf(file.Section("size")!.Value) : file.Positive("size", clip.ShortestEdge, MaxSize),
            CropSize = file.Kind("crop_size") == JsonValueKind.Object ? SideOf(file, file.Section("crop_size")!.Value) : file.Positive("crop_size", clip.CropSize, MaxSize),
            RescaleFactor = file.PositiveNumber("rescale_factor", clip.RescaleFactor),
            Mean = Channels(file, "image_mean", clip.Mean, "three numbers from 0 to 1", static value => value is >= 0 and <= 1),
            Deviation = Channels(file, "image_std", clip.Deviation, "three numbers above 0", static value => value > 0),
            Aspect = file.Flag("do_pad", false) ? ImageAspect.Pad : ImageAspect.Square,
        };
    }

    private static int ShortestEdgeOf(ConfigSection size) =>
        size.Has("shortest_edge") ? size.Positive("shortest_edge", 0, MaxSize) : throw size.Wrong("shortest_edge", "the length of the shortest edge");

    private static int SideOf(ConfigSection file, ConfigSection crop) => crop.Positive("height", 0, MaxSize) is var height && crop.Positive("width", 0, MaxSize) == height ? height
        : throw file.Wrong("crop_size", "a number, or an object with equal height and width");

    private static ChannelValues Channels(ConfigSection file, string key, ChannelValues missing, string expected, Func<double, bool> isValid) =>
        file.OptionalNumbers(key, 3) is not { } values ? missing
        : Array.TrueForAll(values, value => isValid(value)) ? new ChannelValues(values[0], values[1], values[2])
        : throw file.Wrong(key, expected);

    private static void Write(Utf8JsonWriter writer, string key, ChannelValues values)
    {
        writer.WriteStartArray(key);
        writer.WriteNumberValue(values.Red);
        writer.WriteNumberValue(values.Green);
        writer.WriteNumberValue(values.Blue);
        writer.WriteEndArray();
    }
}
