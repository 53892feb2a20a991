using System.Globalization;
using LlavaCuda.Checkpoints;
using LlavaCuda.Models;
using LlavaCuda.Optimizers;

namespace LlavaCuda.Trainer.Training;

/// <summary>
/// The checkpoints of a run: folders <c>checkpoint-N</c> with the trained weights and the optimizer's state, to the bit, and <c>state.json</c> with the step and the identity of the run.
/// The order of samples is a function of seed and step, so that there is nothing else to keep. A folder has its name only when it is complete.
/// </summary>
internal sealed class CheckpointStore(string folder, int keep, Action<string>? warn = null)
{
    private const string Prefix = "checkpoint-";
    private const string WeightsFile = "weights.safetensors";
    private const string OptimizerFile = "optimizer.safetensors";
    private const string StateFile = "state.json";
    private const string DeletedSuffix = ".deleted";

    /// <summary>Lists the steps of the checkpoints, oldest first.</summary>
    internal List<long> Steps() => !Directory.Exists(folder) ? [] :
    [
        .. Directory.EnumerateDirectories(folder, Prefix + "*")
            .Select(path => long.TryParse(Path.GetFileName(path).AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : -1)
            .Where(static step => step >= 0).Order(),
    ];

    internal string PathOf(long step) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step}"));

    /// <summary>Counts the bytes of one checkpoint.</summary>
    internal static long Bytes(ParameterTable parameters) => parameters.All.Where(static p => p.Trainable).Sum(static p => p.Value.Bytes + (Optimizer.StateBytesPerWeight(p.Value.Type) * p.Shape.Count));

    /// <summary>Writes a checkpoint and deletes those that are no longer kept. When writing fails, the older ones are still there; when deleting fails, the run is only warned.</summary>
    internal void Save(long step, Llava model, Optimizer optimizer, IReadOnlyDictionary<string, string> identity)
    {
        try
        {
            AtomicFolder.Write(PathOf(step), files => files.WriteFiles(beside =>
            {
                SafetensorsWriter.Write(Path.Combine(beside, WeightsFile), Weights(model));
                SafetensorsWriter.Write(Path.Combine(beside, OptimizerFile), optimizer.State());
                AtomicFile.Write(Path.Combine(beside, StateFile), stream => RunIdentity.Write(stream, step, identity));
            }));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            string older = Steps() is [.., long last] ? $"{PathOf(last)} is still there" : "there is no earlier one";
            throw new IOException($"The checkpoint of step {step} could not be written, {older}: {error.Message}", error);
        }

        foreach (long old in Steps().SkipLast(keep))
        {
            TryDelete(PathOf(old), () => Delete(old));
        }
    }

    /// <summary>Deletes what interrupted writing and deleting of checkpoints have left.</summary>
    internal void Sweep()
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (string suffix in (string[])[".writing", DeletedSuffix])
        {
            foreach (string path in Directory.GetDirectories(folder, $".{Prefix}*{suffix}"))
            {
                TryDelete(path, () => Directory.Delete(path, recursive: true));
            }
        }
    }

    /// <summary>Deletes all checkpoints.</summary>
    internal void Clear() => Steps().ForEach(Delete);

    /// <summary>Puts model and optimizer into the state of a checkpoint.</summary>
    /// <returns>Whether the sizes of the pictures' files are those of then.</returns>
    internal bool Restore(long step, Llava model, Optimizer optimizer, IReadOnlyDictionary<string, string> identity)
    {
        string path = PathOf(step);
        Dictionary<string, string> stored = ReadState(path, step);
        if (RunIdentity.FirstDifference(stored, identity) is { } key)
        {
            throw new InvalidDataException(
                $"{path} belongs to another run: its {key} is {stored.GetValueOrDefault(key, "unknown")}, this run's is {identity.GetValueOrDefault(key, "unknown")}. Give the same options, another --out, or --resume never.");
        }

        using (WeightFile weights = WeightFile.Open(Path.Combine(path, WeightsFile)))
        {
            foreach (Parameter parameter in model.Parameters.All.Where(static p => p.Trainable))
            {
                ExactTensor.Restore(model.Device, parameter.Value, weights[parameter.Name]);
            }
        }

        using WeightFile moments = WeightFile.Open(Path.Combine(path, OptimizerFile));
        optimizer.Restore(moments, step);
        return stored.GetValueOrDefault(RunIdentity.Pictures) == identity[RunIdentity.Pictures];
    }

    private static Dictionary<string, string> ReadState(string path, long step)
    {
        try
        {
            return RunIdentity.Read(Path.Combine(path, StateFile), step);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{path} is damaged; delete it to go on from an earlier checkpoint: {error.Message}", error);
        }
    }

    private static List<TensorSource> Weights(Llava model) =>
        [.. model.Parameters.All.Where(static p => p.Trainable).Select(p => TensorSource.FromDevice(p.Name, model.Device, p.Value))];

    // What is too much on the disk costs room and no more: the next checkpoint, or the next run, tries again.
    private void TryDelete(string path, Action delete)
    {
        try
        {
            delete();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            warn?.Invoke($"{path} could not be deleted: {error.Message}");
        }
    }

    // First out of the name, so that a deletion that is interrupted leaves no half of a checkpoint under it.
    private void Delete(long step)
    {
        string path = PathOf(step), aside = Path.Combine(folder, $".{Prefix}{step}{DeletedSuffix}");
        if (Directory.Exists(aside))
        {
            Directory.Delete(aside, recursive: true);
        }

        Directory.Move(path, aside);
        Directory.Delete(aside, recursive: true);
    }
}
