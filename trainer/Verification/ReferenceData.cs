using System.Text.Json;
using LlavaCuda.Checkpoints;
using LlavaCuda.Formats;
using LlavaCuda.Models;

namespace LlavaCuda.Trainer.Verification;

/// <summary>A folder's <c>reference.safetensors</c> and <c>reference.json</c>: what another program computed with the same weights.</summary>
internal sealed class ReferenceData : IDisposable
{
    private readonly WeightFile _file;
    private readonly LlavaConfig _config;

    private ReferenceData(WeightFile file, LlavaConfig config, Dictionary<string, ReferenceRun> runs)
    {
        _file = file;
        _config = config;
        Runs = runs;
    }

    /// <summary>Gets the training runs by stage.</summary>
    internal IReadOnlyDictionary<string, ReferenceRun> Runs { get; }

    /// <summary>Gets the names of all tensors.</summary>
    internal IEnumerable<string> Names => _file.Tensors.Select(static t => t.Name).Order(StringComparer.Ordinal);

    /// <summary>Opens the reference of a model folder.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="config">The model's configuration.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="FileNotFoundException">The folder has no reference.</exception>
    internal static ReferenceData Open(string folder, LlavaConfig config)
    {
        string tensors = Path.Combine(folder, "reference.safetensors");
        string facts = Path.Combine(folder, "reference.json");
        foreach (string file in (ReadOnlySpan<string>)[tensors, facts])
        {
            if (!File.Exists(file))
            {
                throw new FileNotFoundException(
                    $"{folder} has no {Path.GetFileName(file)} to verify against; tests/reference/make_model_reference.py in the sources shows how one is made.");
            }
        }

        Dictionary<string, ReferenceRun>? runs;
        try
        {
            runs = JsonFile.Open(facts).Root.Deserialize(ReferenceJson.Default.DictionaryStringReferenceRun);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{facts}: {error.Path} is missing keys or holds another kind of value than a stage's settings and figures.");
        }

        foreach ((string stage, ReferenceRun run) in runs ?? throw new InvalidDataException($"{facts} is null; expected an object of stages."))
        {
            Check(facts, stage, run);
        }

        return new ReferenceData(WeightFile.Open(tensors), config, runs);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Reads a tensor in single precision.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its elements.</returns>
    internal float[] Floats(string name) => _file[name].ToFloats();

    /// <summary>Reads a tensor of integers.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its elements.</returns>
    internal int[] Integers(string name) => Array.ConvertAll(_file[name].ToIntegers(), static v => checked((int)v));

    /// <summary>Packs the reference's batch: padding is left out, each run of image ids becomes one marker.</summary>
    /// <returns>The batch, and the packed row of every element of <c>input_ids</c>, −1 for padding.</returns>
    internal (PackedBatch Batch, int[] Rows) Batch()
    {
        PackedBatch batch = new(_config);
        int[] ids = Integers("input.input_ids");
        int[] labels = Integers("input.labels");
        int[] mask = Integers("input.attention_mask");
        int sequences = (int)_file["input.input_ids"].Shape[0];
        int width = ids.Length / sequences;
        int[] rows = new int[ids.Length];
        Array.Fill(rows, -1);
        for (int s = 0, row = 0; s < sequences; s++)
        {
            List<int> keptIds = [];
            List<int> keptLabels = [];
            for (int i = s * width; i < (s + 1) * width; i++)
            {
                if (mask[i] != 0)
                {
                    keptIds.Add(ids[i]);
                    keptLabels.Add(labels[i]);
                    rows[i] = row++;
                }
            }

            (int[] markedIds, int[] markedLabels) = Mark(keptIds, keptLabels);
            batch.Add(markedIds, markedLabels);
        }

        AddPictures(batch, sequences);
        return (batch, rows);
    }

    /// <summary>Packs ids with one marker a picture.</summary>
    /// <param name="ids">Ids with one image id a row.</param>
    /// <returns>Ids with markers.</returns>
    internal int[] Mark(int[] ids) => Mark([.. ids], [.. ids]).Ids;

    /// <summary>Appends the reference's first pictures to a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="count">How many.</param>
    internal void AddPictures(PackedBatch batch, int count)
    {
        float[] pixels = Floats("input.pixel_values");
        int size = 3 * _config.Vision.ImageSize * _config.Vision.ImageSize;
        for (int i = 0; i < count; i++)
        {
            pixels.AsSpan(i * size, size).CopyTo(batch.AddImage());
        }
    }

    private static void Check(string file, string stage, ReferenceRun? run)
    {
        if (run is null)
        {
            throw new InvalidDataException($"{file}: stage '{stage}' is null; expected an object.");
        }

        if (run.Steps < 1 || run.Betas is not { Length: 2 })
        {
            throw new InvalidDataException(
                $"{file}: stage '{stage}' has {run.Steps} steps and {run.Betas?.Length ?? 0} betas; expected 1 or more, and 2.");
        }

        ReadOnlySpan<(string, double[]?)> series = [("losses", run.Losses), ("grad_norms", run.GradientNorms), ("learning_rates", run.LearningRates)];
        foreach ((string key, double[]? values) in series)
        {
            if (values?.Length != run.Steps)
            {
                throw new InvalidDataException(
                    $"{file}: stage '{stage}' has {values?.Length ?? 0} {key}; expected one for each of its {run.Steps} steps.");
            }
        }
    }

    private (int[] Ids, int[] Labels) Mark(List<int> ids, List<int> labels)
    {
        List<int> markedIds = [];
        List<int> markedLabels = [];
        for (int i = 0; i < ids.Count; i++)
        {
            bool image = ids[i] == _config.ImageTokenId;
            markedIds.Add(image ? PackedBatch.ImageToken : ids[i]);
            markedLabels.Add(image ? PackedBatch.Ignore : labels[i]);
            i += image ? _config.RowsPerImage - 1 : 0;
        }

        return ([.. markedIds], [.. markedLabels]);
    }
}
