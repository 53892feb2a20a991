using LlavaCuda.Tensors;

namespace LlavaCuda.Checkpoints;

/// <summary>A run of elements that tensors of an archive look at.</summary>
internal sealed class TorchStorage(string key, DType type, long count)
{
    internal string Key { get; } = key;

    internal DType Type { get; } = type;

    internal long Count { get; } = count;

    /// <summary>Gets the size in bytes; the unpickler lets no storage pass that is larger than its file.</summary>
    internal long Bytes => checked(Count * Type.Size());

    /// <summary>Gets or sets where it begins in the file, once the container has told.</summary>
    internal long Offset { get; set; }

    /// <summary>Gets or sets what compares its bytes with the container's checksum, or null where there is none.</summary>
    internal Action? Check { get; set; }
}

/// <summary>A view of a storage as the pickle describes it, unchecked.</summary>
internal sealed record TorchTensor(TorchStorage Storage, long Start, long[] Sizes, long[] Strides);

/// <summary>A dictionary of a pickle; entries whose key is no text are dropped.</summary>
internal sealed class PickleDictionary
{
    private Dictionary<string, object?>? _entries;

    internal IEnumerable<KeyValuePair<string, object?>> Entries => _entries ?? [];

    internal bool TryGet(string key, out object? value)
    {
        value = null;
        return _entries?.TryGetValue(key, out value) == true;
    }

    internal void Set(object? key, object? value)
    {
        if (key is string text)
        {
            (_entries ??= new(StringComparer.Ordinal))[text] = value;
        }
    }
}

/// <summary>The name of something in Python that a pickle refers to. Nothing is ever looked up under it.</summary>
internal sealed record PickleGlobal(string Name);
