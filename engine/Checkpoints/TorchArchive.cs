using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using LlavaCuda.Formats;

namespace LlavaCuda.Checkpoints;

/// <summary>The two containers that PyTorch has used around its pickles and raw storages.</summary>
internal static class TorchArchive
{
    private const int LongestPickle = 1 << 24;
    private const int StreamProtocol = 1001;
    private const string PickleName = "data.pkl";
    private static readonly BigInteger StreamMagic = BigInteger.Parse("119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A zip archive: <c>NAME/data.pkl</c>, and each storage in <c>NAME/data/KEY</c>, uncompressed.</summary>
    internal static object? ReadZip(MappedFile file)
    {
        ZipDirectory zip = ZipDirectory.Read(file);
        string pickle = zip.Names.FirstOrDefault(static name => name == PickleName || name.EndsWith("/" + PickleName, StringComparison.Ordinal))
            ?? throw file.Bad("is a zip archive without data.pkl; expected one that PyTorch wrote.");
        string root = pickle[..^PickleName.Length];
        if (zip.TryGet(root + "byteorder", out ZipEntry? order) && order.Length <= 16
            && Encoding.ASCII.GetString(file.Span(order.Offset, (int)order.Length)) != "little")
        {
            throw file.Bad("was written on a big-endian machine, which is not supported.");
        }

        ZipEntry content = zip[pickle];
        content.Check();
        Unpickler reader = new(file, content.Offset, Math.Min(content.Length, LongestPickle));
        object? value = reader.Read();
        foreach (TorchStorage storage in reader.Storages)
        {
            ZipEntry entry = zip[$"{root}data/{storage.Key}"];
            (storage.Offset, storage.Check) = (entry.Offset, entry.Check);
            if (entry.Length != storage.Bytes)
            {
                throw file.Bad($"storage {Quoted.Name(storage.Key)} has {entry.Length} bytes; "
                    + $"expected {storage.Count} elements of {storage.Type}.");
            }
        }

        return value;
    }

    /// <summary>
    /// The stream before version 1.6: magic number, version, machine, then the pickle, the order of the storages, and each with its length
    /// in front.
    /// </summary>
    internal static object? ReadStream(MappedFile file)
    {
        Unpickler Next(long at) => new(file, at, Math.Min(file.Length - at, LongestPickle));

        Unpickler part = Next(0);
        if (part.Read() is not BigInteger magic || magic != StreamMagic)
        {
            throw file.Bad("is no PyTorch archive: it begins with neither a zip directory nor PyTorch's magic number.");
        }

        part = Next(part.Position);
        if (part.Read() is not long version || version != StreamProtocol)
        {
            throw file.Bad($"has an unknown version of PyTorch's old format; expected {StreamProtocol}.");
        }

        part = Next(part.Position);
        if (part.Read() is not PickleDictionary machine || (machine.TryGet("little_endian", out object? little) && little is not true))
        {
            throw file.Bad("was written on a big-endian machine, which is not supported.");
        }

        Unpickler content = Next(part.Position);
        object? value = content.Read();
        part = Next(content.Position);
        if (part.Read() is not List<object?> keys)
        {
            throw file.Bad("lacks the list of its storages.");
        }

        PlaceStorages(file, content, keys, part.Position);
        return value;
    }

    private static void PlaceStorages(MappedFile file, Unpickler content, List<object?> keys, long at)
    {
        Dictionary<string, TorchStorage> storages = content.Storages.ToDictionary(static s => s.Key, StringComparer.Ordinal);
        foreach (object? key in keys)
        {
            if (key is not string name || !storages.Remove(name, out TorchStorage? storage))
            {
                throw file.Bad($"lists a storage {Quoted.Name(key as string ?? "of no name")} that no tensor uses, or twice.");
            }

            long count = file.Length - at < 8 ? -1 : BinaryPrimitives.ReadInt64LittleEndian(file.Span(at, 8));
            at += 8;
            if (count != storage.Count || file.Length - at < storage.Bytes)
            {
                throw file.Bad($"storage {Quoted.Name(name)} should have {storage.Count} elements of {storage.Type}: the file is truncated or damaged.");
            }

            storage.Offset = at;
            at += storage.Bytes;
        }

        if (storages.Count > 0)
        {
            throw file.Bad($"lacks storage {Quoted.Name(storages.Keys.First())}.");
        }
    }
}
