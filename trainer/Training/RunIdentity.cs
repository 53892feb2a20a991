using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Tensors;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Training;

/// <summary>
/// All that a run's result depends on, as names and texts: a run that resumes must have the same, or it would be another run.
/// </summary>
internal static class RunIdentity
{
    /// <summary>The one entry whose difference is told but does not forbid to resume: a damaged picture may have been repaired.</summary>
    internal const string Pictures = "pictures";

    private const string StepsKey = "steps";
    private const string BatchKey = "batch";
    private const string AccumulateKey = "accumulate";
    private const int ChunkElements = 1 << 20;

    /// <summary>Lists the identity of a run.</summary>
    internal static SortedDictionary<string, string> Of(TrainingOptions o, long steps, int maxRows, TrainingData data, ImageProcessorOptions images, Llava model) => new(StringComparer.Ordinal)
    {
        ["stage"] = o.Stage.ToString(),
        ["template"] = o.Template,
        ["image order"] = o.ImageOrder.ToString(),
        ["image aspect"] = images.Aspect.ToString(),
        ["image edge"] = Text(images.ShortestEdge),
        ["image crop"] = Text(images.CropSize),
        ["image rescale"] = Text(images.RescaleFactor),
        ["image mean"] = Text(images.Mean),
        ["image deviation"] = Text(images.Deviation),
        [StepsKey] = Text(steps),
        [BatchKey] = Text(o.Batch),
        [AccumulateKey] = Text(o.Accumulate),
        ["lr"] = Text(o.LearningRate),
        ["projector lr"] = o.ProjectorLearningRate is { } rate ? Text(rate) : "same",
        ["weight decay"] = Text(o.WeightDecay),
        ["warmup ratio"] = Text(o.WarmupRatio),
        ["max grad norm"] = Text(o.MaxGradientNorm),
        ["beta2"] = Text(o.Beta2),
        ["max length"] = Text(maxRows),
        ["too long"] = o.TooLong.ToString(),
        ["seed"] = o.Seed.ToString(CultureInfo.InvariantCulture),
        ["model"] = model.Config.ToString(),
        ["compute type"] = model.Device.ComputeType.ToString(),
        ["weights at the start"] = Hash(model.Device, model.Parameters.Values),
        ["data"] = data.Fingerprint,
        [Pictures] = data.PictureFingerprint,
    };

    /// <summary>Lists the entries that differ.</summary>
    internal static IEnumerable<string> Differences(IReadOnlyDictionary<string, string> stored, IReadOnlyDictionary<string, string> current) =>
        stored.Keys.Union(current.Keys).Where(key => key != Pictures && stored.GetValueOrDefault(key) != current.GetValueOrDefault(key));

    /// <summary>
    /// Tells whether a difference is one that a run can go on with when that is asked for: other steps, or another split of as many samples a step, so that every step has the samples that it had.
    /// </summary>
    internal static bool CanChange(string key, IReadOnlyDictionary<string, string> stored, IReadOnlyDictionary<string, string> current) =>
        key == StepsKey || (key is BatchKey or AccumulateKey && SamplesOfStep(stored) is { } samples && samples == SamplesOfStep(current));

    private static long? SamplesOfStep(IReadOnlyDictionary<string, string> run) =>
        long.TryParse(run.GetValueOrDefault(BatchKey), NumberStyles.None, CultureInfo.InvariantCulture, out long batch)
        && long.TryParse(run.GetValueOrDefault(AccumulateKey), NumberStyles.None, CultureInfo.InvariantCulture, out long accumulate) ? batch * accumulate : null;

    /// <summary>Writes the identity as the property <c>run</c>.</summary>
    internal static void WriteRun(Utf8JsonWriter json, IReadOnlyDictionary<string, string> identity)
    {
        json.WriteStartObject("run");
        foreach ((string key, string value) in identity)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static string Hash(Device device, Tensor values)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] chunk = new byte[Math.Min(ChunkElements, values.Count) * values.Type.Size()];
        for (long at = 0; at < values.Count; at += ChunkElements)
        {
            long count = Math.Min(ChunkElements, values.Count - at);
            Span<byte> bytes = chunk.AsSpan(0, (int)count * values.Type.Size());
            device.CopyToHost(bytes, values.Slice(at, count));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(ChannelValues values) => $"{Text(values.Red)}, {Text(values.Green)}, {Text(values.Blue)}";

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
