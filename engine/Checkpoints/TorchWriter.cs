using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using LlavaCuda.Tensors;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// Writes a dictionary of tensors as PyTorch's zip archive, for programs that read nothing else. Storages are not shared and are stored
/// uncompressed.
/// </summary>
internal static class TorchWriter
{
    // Not the time of writing, so that equal weights make equal files.
    private static readonly DateTimeOffset FirstTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal static void Write(Stream stream, string root, IReadOnlyList<TensorSource> tensors, DType type)
    {
        using ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true);
        Entry(zip, $"{root}/data.pkl", Pickle(tensors, type));
        Entry(zip, $"{root}/byteorder", "little"u8);
        for (int i = 0; i < tensors.Count; i++)
        {
            byte[] source = new byte[tensors[i].Shape.Count * tensors[i].Type.Size()], stored = new byte[tensors[i].Shape.Count * type.Size()];
            tensors[i].ReadAs(0, source, stored, type);
            Entry(zip, FormattableString.Invariant($"{root}/data/{i}"), stored);
        }

        Entry(zip, $"{root}/version", "3\n"u8);
    }

    private static void Entry(ZipArchive zip, string name, ReadOnlySpan<byte> contents)
    {
        ZipArchiveEntry entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = FirstTime;
        using Stream stream = entry.Open();
        stream.Write(contents);
    }

    // The opcodes of protocol 2: a dictionary of name to _rebuild_tensor_v2(storage, 0, sizes, strides, False, OrderedDict()).
    private static byte[] Pickle(IReadOnlyList<TensorSource> tensors, DType type)
    {
        using MemoryStream text = new();
        text.Write([0x80, 2, (byte)'}', (byte)'(']);
        for (int i = 0; i < tensors.Count; i++)
        {
            Unicode(text, tensors[i].Name);
            Global(text, "torch._utils", "_rebuild_tensor_v2");
            text.Write("(("u8);
            Unicode(text, "storage");
            Global(text, "torch", TorchGlobals.StorageClass(type));
            Unicode(text, i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Unicode(text, "cpu");
            Integer(text, tensors[i].Shape.Count);
            text.Write("tQ"u8);
            Integer(text, 0);
            Extents(text, tensors[i].Shape);
            text.WriteByte(0x89);
            Global(text, "collections", "OrderedDict");
            text.Write(")RtR"u8);
        }

        text.Write("u."u8);
        return text.ToArray();
    }

    private static void Extents(MemoryStream text, Shape shape)
    {
        text.WriteByte((byte)'(');
        for (int i = 0; i < shape.Rank; i++)
        {
            Integer(text, shape[i]);
        }

        text.Write("t("u8);
        long stride = shape.Count;
        for (int i = 0; i < shape.Rank; i++)
        {
            Integer(text, stride /= Math.Max(shape[i], 1));
        }

        text.WriteByte((byte)'t');
    }

    private static void Unicode(MemoryStream text, string value)
    {
        byte[] length = new byte[4], bytes = Encoding.UTF8.GetBytes(value);
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        text.WriteByte((byte)'X');
        text.Write(length);
        text.Write(bytes);
    }

    private static void Integer(MemoryStream text, long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        text.Write([0x8a, 8]);
        text.Write(bytes);
    }

    private static void Global(MemoryStream text, string module, string name) => text.Write(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));
}
