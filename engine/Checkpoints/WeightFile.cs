using LlavaCuda.Formats;

namespace LlavaCuda.Checkpoints;

/// <summary>A file of named tensors, mapped into memory: safetensors or a PyTorch archive. Opening checks the whole directory of the file and reads no weight.</summary>
public abstract class WeightFile : IDisposable
{
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);

    private protected WeightFile(MappedFile file) => Mapping = file;

    /// <summary>Gets the path.</summary>
    public string Path => Mapping.Path;

    /// <summary>Gets the tensors in no particular order.</summary>
    public IReadOnlyCollection<StoredTensor> Tensors => _tensors.Values;

    private protected MappedFile Mapping { get; }

    /// <summary>Gets a tensor.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="InvalidDataException">The file has none of this name.</exception>
    public StoredTensor this[string name] => _tensors.TryGetValue(name, out StoredTensor? tensor) ? tensor : throw Mapping.Bad($"there is no tensor '{name}'.");

    /// <summary>Opens a file of either format; the name's ending <c>.safetensors</c> tells which.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The opened file, which the caller disposes.</returns>
    /// <exception cref="InvalidDataException">The file is damaged or holds what must not be loaded.</exception>
    public static WeightFile Open(string path) =>
        path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) ? SafetensorsFile.Open(path) : TorchFile.Open(path);

    /// <summary>Looks for a tensor.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="tensor">The tensor, if there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out StoredTensor? tensor) => _tensors.TryGetValue(name, out tensor);

    /// <inheritdoc/>
    public void Dispose()
    {
        Mapping.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected void Add(StoredTensor tensor)
    {
        if (!_tensors.TryAdd(tensor.Name, tensor))
        {
            throw Mapping.Bad($"tensor {Quoted.Name(tensor.Name)}: occurs twice.");
        }
    }
}
