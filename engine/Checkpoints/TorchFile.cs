using LlavaCuda.Formats;
using LlavaCuda.Tensors;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// A PyTorch archive (<c>.bin</c>, <c>.pt</c>, <c>.pth</c>) of a dictionary of tensors: the zip archive of version 1.6 and later, or the
/// older plain stream. Its pickle is
/// interpreted by a reader that knows tensors and nothing else: no code of the file is ever run. A dictionary inside <c>state_dict</c> is
/// taken for the whole; other
/// entries that are no tensors are left out.
/// </summary>
public sealed class TorchFile : WeightFile
{
    private const int DeepestNesting = 4;

    private TorchFile(MappedFile file)
        : base(file)
    {
    }

    /// <summary>Opens an archive and finds its tensors.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The opened file, which the caller disposes.</returns>
    /// <exception cref="InvalidDataException">The archive is damaged, or names anything but tensors; the message names file and what was
    /// found.</exception>
    public static new TorchFile Open(string path)
    {
        MappedFile mapping = new(path);
        try
        {
            TorchFile file = new(mapping);
            object? root = ZipDirectory.IsZip(mapping) ? TorchArchive.ReadZip(mapping) : TorchArchive.ReadStream(mapping);
            file.AddAll(root);
            return file;
        }
        catch
        {
            mapping.Dispose();
            throw;
        }
    }

    private void AddAll(object? root)
    {
        for (int i = 0; i < DeepestNesting && root is PickleDictionary outer && outer.TryGet("state_dict", out object? inner) && inner is PickleDictionary; i++)
        {
            root = inner;
        }

        if (root is not PickleDictionary tensors)
        {
            throw Mapping.Bad("holds no dictionary of tensors.");
        }

        foreach ((string name, object? value) in tensors.Entries)
        {
            if (value is TorchTensor tensor)
            {
                Add(ToStored(name, tensor));
            }
        }
    }

    private StoredTensor ToStored(string name, TorchTensor tensor)
    {
        long[] sizes = tensor.Sizes, strides = tensor.Strides;
        Shape shape;
        long last;
        try
        {
            shape = new Shape(sizes);
            _ = checked(shape.Count * sizeof(double));
            last = tensor.Start;
            for (int i = 0; i < sizes.Length; i++)
            {
                last = checked(last + (Math.Max(sizes[i] - 1, 0) * strides[i]));
            }
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException)
        {
            throw Mapping.Bad($"tensor {Quoted.Name(name)} has impossible extents [{string.Join(", ", sizes.Take(DeepestNesting * 2))}]; expected at most 4.");
        }

        if (tensor.Start < 0 || tensor.Start > tensor.Storage.Count || strides.Any(static s => s < 0) || (shape.Count > 0 && last >= tensor.Storage.Count))
        {
            throw Mapping.Bad($"tensor {Quoted.Name(name)} {shape} reaches element {last} of a storage of {tensor.Storage.Count}.");
        }

        long offset = tensor.Storage.Offset + (tensor.Start * tensor.Storage.Type.Size());
        return new StoredTensor(Mapping, name, tensor.Storage.Type, shape, offset, IsContiguous(sizes, strides) ? null : strides)
        {
            Check = tensor.Storage.Check,
        };
    }

    private static bool IsContiguous(long[] sizes, long[] strides)
    {
        long expected = 1;
        for (int i = sizes.Length - 1; i >= 0; i--)
        {
            if (sizes[i] != 1 && strides[i] != expected)
            {
                return sizes.Contains(0);
            }

            expected *= sizes[i];
        }

        return true;
    }
}
