using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Text;
using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Training;

/// <summary>The folder of a run's result: can it be written, has the disk room, and in which layout does the model go there.</summary>
internal sealed class OutputFolder(TrainingOptions options, TrainingSetup setup)
{
    private const double Gigabyte = 1e9;

    private bool ProjectorAlone => options.Stage == TrainingStage.Pretrain && !options.SaveFull;

    /// <summary>Refuses a folder that cannot take the checkpoints and the result.</summary>
    /// <param name="parameters">The weights, trained parts chosen.</param>
    /// <param name="checkpoints">Checkpoints that are there already and will be replaced.</param>
    internal void Require(ParameterTable parameters, int checkpoints)
    {
        // A new checkpoint is complete before an old one goes.
        int kept = options.SaveEvery > 0 ? Math.Max(1, options.Keep + 1 - checkpoints) : 1;
        long result = parameters.Count(ProjectorAlone ? ModelPart.Projector : null) * options.SaveType.Size() * (ProjectorAlone ? 2 : 1);
        long needed = (kept * CheckpointStore.Bytes(parameters)) + result;
        string existing = Path.GetFullPath(options.Out);
        if (!options.DryRun)
        {
            Directory.CreateDirectory(existing);
            AtomicFile.Write(Path.Combine(existing, ".probe"), static stream => stream.WriteByte(0));
            File.Delete(Path.Combine(existing, ".probe"));
        }

        while (!Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing) ?? throw new DirectoryNotFoundException($"{options.Out}: there is no such disk.");
        }

        long free = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(existing)! : existing).AvailableFreeSpace;
        if (free < needed)
        {
            throw new IOException($"{options.Out}: checkpoints and the result need {needed / Gigabyte:F2} GB, but the disk has {free / Gigabyte:F2} GB left.");
        }
    }

    /// <summary>Keeps other runs out of a folder until the handle is disposed or the process ends.</summary>
    /// <param name="folder">The folder; the lock lies beside it, because the folder itself is exchanged in the end.</param>
    /// <returns>The handle.</returns>
    internal static FileStream Lock(string folder)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), parent = Path.GetDirectoryName(target) ?? target;
        Directory.CreateDirectory(parent);
        string file = Path.Combine(parent, $".{Path.GetFileName(target)}.lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException error)
        {
            throw new IOException($"{folder} is in use by another run ({file}: {error.Message})", error);
        }
    }

    /// <summary>Writes the result: the projector alone after stage 1, else a model folder; a projector that Hugging Face's layout has no form for goes into the
    /// original's. With it goes <c>training.json</c>, which says what the result depends on.</summary>
    /// <returns>What was written, in words.</returns>
    internal string Save(ParameterTable parameters, Device device, IReadOnlyDictionary<string, string> identity)
    {
        SaveOptions how = new()
        {
            Type = options.SaveType,
            Images = setup.Images,
            Tokenizer = ProjectorAlone ? null : setup.Tokenizer,
            Template = ConversationTemplates.Parse(options.Template),
            WriteMore = files => files.WriteFile("training.json", stream => RunIdentity.Write(stream, setup.Steps, identity)),
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
