using System.Globalization;
using LlavaCuda.Checkpoints;
using LlavaCuda.Formats;
using LlavaCuda.Models;
using LlavaCuda.Optimizers;

namespace LlavaCuda.Trainer.Training;

/// <summary>
/// The checkpoints of a run: folders <c>checkpoint-N</c> with the trained weights and the optimizer's state, to the bit, and
/// <c>state.json</c> with the step and the identity of the run.
/// The order of samples is a function of seed and step, so that there is nothing else to keep. A folder has its name only when it is
/// complete.
/// </summary>
internal sealed class CheckpointStore(string folder, int keep, Action<string>? warn = null)
{
    private const int HashDigits = 64;
    private const string Prefix = "checkpoint-";
    private const string WeightsFile = "weights.safetensors";
    private const string OptimizerFile = "optimizer.safetensors";
    private const string DeletedSuffix = ".deleted";

    /// <summary>Lists the steps of the checkpoints, oldest first.</summary>
    internal List<long> Steps() => !Directory.Exists(folder) ? [] :
    [
        .. Directory.EnumerateDirectories(folder, Prefix + "*")
            .Select(path => long.TryParse(Path.GetFileName(path).AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : -1)
            .Where(static step => step >= 0).Order(),
    ];

    internal string PathOf(long step) => Path.Combine(folder, Name(step));

    /// <summary>Counts the bytes of one checkpoint.</summary>
    internal static long Bytes(ParameterTable parameters) => parameters.All.Where(static p => p.Trainable).Sum(static p => p.Value.Bytes + (Optimizer.StateBytesPerWeight(p.Value.Type) * p.Shape.Count));

    /// <summary>
    /// Writes a checkpoint and deletes those that are no longer kept, and those of later steps, which belong to a course that the run has
    /// left. When writing fails, the older ones are
    /// still there; when deleting fails, the run is only warned.
    /// </summary>
    internal void Save(long step, Llava model, Optimizer optimizer, IReadOnlyDictionary<string, string> identity)
    {
        try
        {
            AtomicFolder.Write(PathOf(step), files =>
            {
                SortedDictionary<string, string> checksums = new(StringComparer.Ordinal);
                Write(files, WeightsFile, Weights(model), checksums);
                Write(files, OptimizerFile, optimizer.State(), checksums);
                files.WriteFile(CheckpointState.FileName, new CheckpointState(step, identity, checksums).Write);
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            string older = Steps() is [.., long last] ? $"{PathOf(last)} is still there" : "there is no earlier one";
            throw new IOException($"The checkpoint of step {step} could not be written, {older}: {error.Message}", error);
        }

        List<long> steps = Steps(), current = steps.FindAll(s => s <= step);
        foreach (long old in current.SkipLast(keep).Concat(steps.Where(s => s > step)))
        {
            TryDelete(PathOf(old), () => Delete(old));
        }
    }

    /// <summary>
    /// Completes or deletes what interrupted writing and deleting have left: of checkpoints, and of the files that a run writes next to
    /// them.
    /// </summary>
    internal void Sweep()
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (string path in Leftovers(Directory.GetDirectories, $".{Prefix}*.writing", $".{Prefix}*{DeletedSuffix}"))
        {
            TryDelete(path, () => Directory.Delete(path, recursive: true));
        }

        foreach (string path in Leftovers(Directory.GetFiles, ".probe-*", ".loss.writing.png", ".loss.writing.png.part", "metrics.jsonl.tmp", $"{ImageWatch.LogName}.tmp"))
        {
            TryDelete(path, () => File.Delete(path));
        }

        Steps().ForEach(step => AtomicFolder.Recover(PathOf(step)));
    }

    /// <summary>Deletes all checkpoints.</summary>
    internal void Clear() => Steps().ForEach(Delete);

    /// <summary>Finds the checkpoint that an option names.</summary>
    /// <param name="name">A step, the name of a checkpoint's folder, or its path.</param>
    /// <returns>The step.</returns>
    /// <exception cref="ArgumentException">There is no such checkpoint in the folder.</exception>
    internal long Find(string name)
    {
        string last = Path.GetFileName(Path.TrimEndingDirectorySeparator(name));
        string number = last.StartsWith(Prefix, StringComparison.Ordinal) ? last[Prefix.Length..] : last;
        List<long> steps = Steps();
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long step) && steps.Contains(step)
            && (last == name || RealPath.AreSame(name, PathOf(step)) || RealPath.AreSame(Path.Combine(folder, name), PathOf(step))) ? step
            : throw new ArgumentException(
                $"{folder} has no checkpoint {Quoted.Name(name)}; it has {(steps.Count == 0 ? "none" : string.Join(", ", steps.Select(Name)))}.");
    }

    /// <summary>Puts model and optimizer into the state of a checkpoint.</summary>
    /// <returns>Whether the sizes of the images' files are those of then.</returns>
    /// <exception cref="InvalidDataException">
    /// The checkpoint is damaged, and the message names an earlier one that is whole; or it belongs to another run.
    /// </exception>
    internal bool Restore(long step, Llava model, Optimizer optimizer, IReadOnlyDictionary<string, string> identity, bool allowChanges = false)
    {
        string path = PathOf(step);
        CheckpointState state;
        try
        {
            state = CheckpointState.Read(path, step);
            state.Verify(path);
        }
        catch (Exception damage) when (damage is InvalidDataException or FileNotFoundException)
        {
            throw new InvalidDataException($"{path} is damaged ({damage.Message.TrimEnd('.')}); {Advice(step)}.", damage);
        }

        RequireSameRun(path, state.Run, identity, allowChanges);

        using (WeightFile weights = WeightFile.Open(Path.Combine(path, WeightsFile)))
        {
            foreach (Parameter parameter in model.Parameters.All.Where(static p => p.Trainable))
            {
                ExactTensor.Restore(model.Device, parameter.Value, weights[parameter.Name]);
            }
        }

        using WeightFile moments = WeightFile.Open(Path.Combine(path, OptimizerFile));
        optimizer.Restore(moments, step);
        return state.Run.GetValueOrDefault(RunIdentity.Pictures) == identity[RunIdentity.Pictures];
    }

    private static string Name(long step) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step}");

    private static void Write(AtomicFolder files, string name, IReadOnlyList<TensorSource> tensors, SortedDictionary<string, string> checksums) =>
        files.WriteFile(name, stream =>
        {
            using ChecksumStream checksum = new(stream);
            SafetensorsWriter.Write(checksum, tensors, null, null);
            checksums.Add(name, checksum.Checksum);
        });

    private IEnumerable<string> Leftovers(Func<string, string, string[]> list, params string[] patterns) =>
        patterns.SelectMany(pattern => list(folder, pattern));

    private string Advice(long damaged)
    {
        foreach (long step in Steps().Where(step => step < damaged).Reverse())
        {
            try
            {
                CheckpointState.Read(PathOf(step), step).Verify(PathOf(step));
                return $"{PathOf(step)} is whole: --resume-from {step} goes on from there";
            }
            catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                // That one is damaged, too.
            }
        }

        return "no earlier checkpoint is whole; to start from scratch, give --resume never";
    }

    // A hash tells nobody anything.
    private static string Difference(string key, IReadOnlyDictionary<string, string> stored, IReadOnlyDictionary<string, string> identity)
    {
        (string before, string now) = (stored.GetValueOrDefault(key, "unknown"), identity.GetValueOrDefault(key, "unknown"));
        return before.Length == HashDigits && before.All(char.IsAsciiHexDigit)
            ? $"its {key} is another, or was changed"
            : $"its {key} is {before}, this run's is {now}";
    }

    private void RequireSameRun(string path, IReadOnlyDictionary<string, string> stored, IReadOnlyDictionary<string, string> identity, bool allowChanges)
    {
        List<string> differences = [.. RunIdentity.Differences(stored, identity)];
        if (differences.Find(key => !RunIdentity.CanChange(key, stored, identity)) is { } key)
        {
            throw new InvalidDataException(
                $"{path} belongs to another run: {Difference(key, stored, identity)}. Give the same options, another --out, or --resume never.");
        }

        string changed = string.Join(", ", differences.Select(key => $"{key} {stored[key]} is now {identity[key]}"));
        if (differences.Count > 0 && !allowChanges)
        {
            throw new InvalidDataException(
                $"{path} belongs to another run: {changed}. Give the same options, --resume changed to go on with these (not to the same bits), another --out, or --resume never.");
        }

        if (differences.Count > 0)
        {
            warn?.Invoke($"going on with other options than {path} was written with: {changed}");
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
