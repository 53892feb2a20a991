using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Formats;
using LlavaCuda.Models;
using LlavaCuda.Tensors;
using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Training;

/// <summary>The folder of a run's result: can it be written, has the disk room, and in which layout does the model go there.</summary>
internal sealed class OutputFolder(TrainingOptions options, TrainingSetup setup)
{
    private const string Report = "training.json";
    private const double Gigabyte = 1e9;

    private bool ProjectorAlone => options.Stage == TrainingStage.Pretrain && !options.SaveFull;

    /// <summary>Refuses a folder that cannot take the checkpoints and the result.</summary>
    /// <param name="parameters">The weights, trained parts chosen.</param>
    /// <param name="device">The device that holds them.</param>
    /// <param name="checkpoints">Checkpoints that are there already and will be replaced.</param>
    internal void Require(ParameterTable parameters, Device device, int checkpoints)
    {
        // A new checkpoint is complete before an old one goes.
        int kept = options.SaveEvery > 0 ? Math.Max(1, options.Keep + 1 - checkpoints) : 1;
        long result = parameters.Count(ProjectorAlone ? ModelPart.Projector : null) * options.SaveType.Size() * (ProjectorAlone ? 2 : 1);
        long needed = (kept * CheckpointStore.Bytes(parameters)) + result;
        string existing = RealPath.Of(options.Out);
        while (!Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing) ?? throw new DirectoryNotFoundException($"{options.Out}: there is no such disk.");
        }

        long free = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(existing)! : existing).AvailableFreeSpace;
        if (free < needed)
        {
            throw new IOException($"{options.Out}: checkpoints and the result need {needed / Gigabyte:F2} GB, but the disk has {free / Gigabyte:F2} GB left.");
        }

        if (options.DryRun)
        {
            RequireWritable(existing);
        }
        else
        {
            Try(parameters, device);
        }
    }

    /// <summary>Refuses weights that the type of the result cannot hold; those that are trained may still grow beyond it.</summary>
    /// <param name="parameters">The weights that the run begins with.</param>
    /// <param name="device">The device that holds them.</param>
    internal void RequireFits(ParameterTable parameters, Device device)
    {
        foreach (Parameter parameter in parameters.All.Where(parameter => !ProjectorAlone || parameter.Part == ModelPart.Projector))
        {
            TensorSource.FromDevice(parameter.Name, device, parameter.Value).RequireFits(options.SaveType);
        }
    }

    /// <summary>Refuses a folder that the run begins with: its result would replace what it reads.</summary>
    /// <param name="options">The run's options.</param>
    internal static void RefuseSources(TrainingOptions options)
    {
        string?[] sources = [options.Model, options.Vision, options.ProjectorWeights];
        string? probe = options.DryRun ? null : Path.Combine(options.Out, $".probe-{Guid.NewGuid():N}");
        using FileStream? shown = probe is null ? null : File.Create(probe, bufferSize: 1, FileOptions.DeleteOnClose);
        foreach (string source in sources.OfType<string>())
        {
            // Mounts and disks that know no case show one folder under several paths, too: then the probe is seen there.
            if (RealPath.AreSame(source, options.Out) || (probe is not null && File.Exists(Path.Combine(source, Path.GetFileName(probe)))))
            {
                throw new ArgumentException(
                    $"--out is {options.Out}, which is the same folder as {source}, with which the run begins; choose another one, so that nothing is overwritten.");
            }
        }
    }

    /// <summary>Refuses a folder with a model that no training run wrote, such as a download: the result would replace it.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="checkpoints">Checkpoints of runs in the folder.</param>
    internal static void RefuseForeignModel(TrainingOptions options, int checkpoints)
    {
        IReadOnlyList<string> files = AtomicFolder.ModelFilesIn(options.Out);
        bool ofRun = checkpoints > 0 || files.Any(static path => Path.GetFileName(path) == Report);
        IEnumerable<string> data = options.Data.Select(RealPath.Of);
        if (!ofRun && files.FirstOrDefault(path => !data.Contains(RealPath.Of(path))) is { } foreign)
        {
            throw new ArgumentException(
                $"--out is {options.Out}, where {Path.GetFileName(foreign)} is of a model that no training run wrote; choose another folder, "
                + "so that nothing is overwritten.");
        }
    }

    // Written in full but for the weights' values, and deleted again: what cannot be saved is known before the first step.
    private void Try(ParameterTable parameters, Device device)
    {
        IReadOnlyList<string> names = [];
        try
        {
            Save(parameters, device, static _ => { }, tried => names = tried);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{options.Out} cannot take the result: {error.Message}", error);
        }

        string[] written = [.. names, "metrics.jsonl", ImageWatch.LogName, "loss.png"];
        foreach (string data in options.Data)
        {
            string real = RealPath.Of(data);
            if (RealPath.AreSame(Path.GetDirectoryName(real)!, options.Out) && written.Contains(Path.GetFileName(real)))
            {
                throw new ArgumentException($"--data {data} lies in --out and would be overwritten there; move it or choose another --out.");
            }
        }
    }

    private void RequireWritable(string existing)
    {
        try
        {
            File.Create(Path.Combine(existing, $".probe-{Guid.NewGuid():N}"), bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{options.Out} cannot be written: {error.Message}", error);
        }
    }

    /// <summary>
    /// Writes the result: the projector alone after stage 1, else a model folder; a projector that Hugging Face's layout has no form for goes into the original's. With it goes
    /// <c>training.json</c>, which says what the result depends on.
    /// </summary>
    /// <param name="parameters">The weights.</param>
    /// <param name="device">Where they are.</param>
    /// <param name="writeReport">Writes <c>training.json</c>.</param>
    /// <param name="tried">Receives the names of the files where they are only tried, or null to save.</param>
    /// <returns>What was written, in words.</returns>
    internal string Save(ParameterTable parameters, Device device, Action<Stream> writeReport, Action<IReadOnlyList<string>>? tried = null)
    {
        SaveOptions how = new()
        {
            Type = options.SaveType,
            Images = setup.Images,
            Tokenizer = ProjectorAlone ? null : setup.Tokenizer,
            Tried = tried,
            Template = ConversationTemplates.Parse(options.Template),
            WriteMore = files => files.WriteFile(Report, writeReport),
        };
        if (ProjectorAlone)
        {
            ProjectorFolder.Save(options.Out, parameters, device, setup.Config, how);
            return "the projector";
        }

        if (setup.Config.Projector != ProjectorConfig.Mlp2)
        {
            OriginalFolder.Save(options.Out, parameters, device, setup.Config, how);
            return "the model, in the original LLaVA's layout";
        }

        HuggingFaceFolder.Save(options.Out, parameters, device, setup.Config, how);
        return "the model";
    }
}
