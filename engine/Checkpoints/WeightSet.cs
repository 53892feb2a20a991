using System.Text.Json;
using LlavaCuda.Formats;

namespace LlavaCuda.Checkpoints;

/// <summary>All weight files of a folder, opened.</summary>
internal sealed class WeightSet : IDisposable
{
    private readonly List<WeightFile> _files = [];

    private WeightSet(string folder) => Folder = folder;

    internal string Folder { get; }

    internal IEnumerable<StoredTensor> Tensors => _files.SelectMany(static file => file.Tensors);

    /// <summary>Opens <c>model.safetensors</c> or <c>pytorch_model.bin</c>, whole or in shards, in the order in which Hugging Face's library looks; null where there is none.</summary>
    internal static WeightSet? TryOpen(string folder)
    {
        foreach (string name in (ReadOnlySpan<string>)["model.safetensors", "pytorch_model.bin"])
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                return OpenFiles(folder, [path]);
            }

            if (File.Exists(path + ".index.json"))
            {
                return OpenShards(folder, path + ".index.json");
            }
        }

        return null;
    }

    /// <summary>Opens the small file of a projector alone.</summary>
    internal static WeightSet? TryOpenProjector(string folder)
    {
        string[] names = ["mm_projector.safetensors", "mm_projector.bin", "non_lora_trainables.bin"];
        return names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) is { } found ? OpenFiles(folder, [found]) : null;
    }

    internal static WeightSet OpenFiles(string folder, IEnumerable<string> paths)
    {
        WeightSet set = new(folder);
        try
        {
            foreach (string path in paths)
            {
                set._files.Add(WeightFile.Open(path));
            }

            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    public void Dispose() => _files.ForEach(static file => file.Dispose());

    private static WeightSet OpenShards(string folder, string index)
    {
        SortedDictionary<string, List<string>> shards = ReadIndex(index);
        foreach (string shard in shards.Keys)
        {
            if (!File.Exists(Path.Combine(folder, shard)))
            {
                throw new FileNotFoundException($"{index} names the shard {Quoted.Name(shard)}, but there is no such file beside it.");
            }
        }

        WeightSet set = OpenFiles(folder, shards.Keys.Select(shard => Path.Combine(folder, shard)));
        foreach ((WeightFile file, List<string> tensors) in set._files.Zip(shards.Values))
        {
            if (tensors.Find(tensor => !file.TryGet(tensor, out _)) is { } missing)
            {
                set.Dispose();
                throw new InvalidDataException($"{index} places tensor {Quoted.Name(missing)} in {Path.GetFileName(file.Path)}, which does not have it.");
            }
        }

        return set;
    }

    private static SortedDictionary<string, List<string>> ReadIndex(string path)
    {
        SortedDictionary<string, List<string>> shards = new(StringComparer.Ordinal);
        ConfigSection index = ConfigSection.Open(path);
        ConfigSection map = index.Section("weight_map") ?? throw index.Wrong("weight_map", "an object of tensors and their files");
        foreach ((string tensor, JsonElement place) in map.Entries)
        {
            string? shard = place.ValueKind == JsonValueKind.String ? place.GetString() : null;
            if (string.IsNullOrEmpty(shard) || shard != Path.GetFileName(shard) || shard is "." or "..")
            {
                throw map.Wrong(tensor, "the name of a file in the same folder");
            }

            if (!shards.TryGetValue(shard, out List<string>? names))
            {
                shards.Add(shard, names = []);
            }

            names.Add(tensor);
        }

        return shards;
    }
}
