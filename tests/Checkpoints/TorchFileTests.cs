using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using LlavaCuda.Checkpoints;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Checkpoints;

public sealed class TorchFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("kinds.bin")]
    [InlineData("old-format.bin")]
    public void Open_Reference_EqualsTheSafetensorsToTheBit(string name)
    {
        using SafetensorsFile expected = SafetensorsFile.Open(ReferenceFiles.At("layouts", "torch", "kinds.safetensors"));
        using TorchFile found = TorchFile.Open(ReferenceFiles.At("layouts", "torch", name));

        Assert.Equal(expected.Tensors.Count, found.Tensors.Count);
        Assert.All(expected.Tensors, tensor =>
        {
            StoredTensor other = found[tensor.Name];
            Assert.Equal(tensor.Type, other.Type);
            Assert.Equal(tensor.Shape, other.Shape);
            byte[] bytes = new byte[tensor.Bytes], otherBytes = new byte[tensor.Bytes];
            tensor.Read(bytes, tensor.Type);
            other.Read(otherBytes, tensor.Type);
            Assert.Equal(bytes, otherBytes);
        });
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void Open_Nested_TakesTheStateDictionaryForTheWhole()
    {
        using SafetensorsFile expected = SafetensorsFile.Open(ReferenceFiles.At("layouts", "torch", "kinds.safetensors"));
        using TorchFile found = TorchFile.Open(ReferenceFiles.At("layouts", "torch", "nested.bin"));

        Assert.Equal(["a.weight"], found.Tensors.Select(static t => t.Name));
        Assert.Equal(expected["f32"].ToFloats(), found["a.weight"].ToFloats());
    }

    [Fact]
    [Trait("Category", "Reference")]
    public void Open_FilesToRefuse_OneLineAndNothingRuns()
    {
        string[] files = [.. Directory.EnumerateFiles(ReferenceFiles.At("layouts", "torch"), "refuse-*.bin")];
        Assert.NotEmpty(files);
        Assert.All(files, file => OneLine.Throws<InvalidDataException>(() => TorchFile.Open(file), file));
        Assert.False(File.Exists("must-not-exist"));
        OneLine.Throws<InvalidDataException>(() => TorchFile.Open(ReferenceFiles.At("layouts", "torch", "refuse-code.bin")), "'posix.system'", "refused");
        OneLine.Throws<InvalidDataException>(() => TorchFile.Open(ReferenceFiles.At("layouts", "torch", "refuse-plain-pickle.bin")), "'posix.system'", "refused");
        OneLine.Throws<InvalidDataException>(() => TorchFile.Open(ReferenceFiles.At("layouts", "torch", "refuse-truncated.bin")), "truncated");
    }

    [Theory]
    [Trait("Category", "Reference")]
    [InlineData("kinds.bin")]
    [InlineData("old-format.bin")]
    public void Open_DamagedAnywhere_EitherReadsOrThrowsInvalidData(string name)
    {
        byte[] whole = File.ReadAllBytes(ReferenceFiles.At("layouts", "torch", name));
        for (int at = 0; at < whole.Length; at += 13)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= (byte)(0x11 << (at % 4));
            AssertReadsOrThrows(damaged);
            if (at % 5 == 0)
            {
                AssertReadsOrThrows(whole[..at]);
            }
        }
    }

    [Fact]
    public void Read_FlippedBitOfATensor_IsFound()
    {
        TensorSource[] tensors =
        [
            TensorSource.FromArray("w", DType.F32, new float[] { 1, 2, 3, 4 }, 4),
            TensorSource.FromArray("b", DType.F32, new float[] { 5, 6 }, 2),
        ];
        using MemoryStream whole = new();
        TorchWriter.Write(whole, "mm_projector", tensors, DType.F32);
        byte[] bytes = whole.ToArray();
        int place = bytes.AsSpan().IndexOf(MemoryMarshal.AsBytes<float>([5, 6]));
        for (int bit = 0; bit < 64; bit++)
        {
            byte[] damaged = [.. bytes];
            damaged[place + (bit / 8)] ^= (byte)(1 << (bit % 8));
            using TorchFile file = TorchFile.Open(_folder.Write("x.bin", damaged));

            Assert.Equal([1, 2, 3, 4], file["w"].ToFloats());
            OneLine.Throws<InvalidDataException>(() => file["b"].ToFloats(), "x.bin", "mm_projector/data/1", "CRC-32");
        }
    }

    [Fact]
    public void Write_SameWeights_AreTheSameBytesAtAnyTime()
    {
        using MemoryStream archive = new();
        TorchWriter.Write(archive, "mm_projector", [TensorSource.FromArray("w", DType.F32, new float[] { 1, 2 }, 2)], DType.BF16);

        using ZipArchive zip = new(archive, ZipArchiveMode.Read);
        Assert.All(zip.Entries, static entry => Assert.Equal(new DateTime(1980, 1, 1), entry.LastWriteTime.DateTime));
    }

    [Theory]
    [InlineData("c__builtin__\neval\n(U\u0001ktR.", "'__builtin__.eval'")]
    [InlineData("\u0080\u0004\u008c\u0002os\u008c\u0006system\u0093.", "'os.system'")]
    [InlineData("ctorch._utils\n_rebuild_tensor_v2\n(K\u0001tR.", "_rebuild_tensor_v2 is called with unknown arguments")]
    [InlineData("ctorch.jit\n_load\n.", "'torch.jit._load'")]
    [InlineData("(i__builtin__\neval\n.", "opcode 0x69")]
    [InlineData("K\u0001", "ends early")]
    [InlineData("X\u007f\u007f\u007f\u007f", "ends early")]
    [InlineData("h\u0005.", "never stored")]
    [InlineData("t.", "mark")]
    [InlineData("K\u0001Q.", "storage")]
    [InlineData("NNs.", "SETITEMS")]
    [InlineData("a.", "takes more than it has")]
    [InlineData("K\u0001K\u0002R.", "no function")]
    [InlineData("}.", "magic number")]
    public void Open_PickleThatBuildsNoTensors_IsRefused(string pickle, string part)
    {
        string path = _folder.Write("x.bin", Encoding.Latin1.GetBytes(pickle));

        OneLine.Throws<InvalidDataException>(() => TorchFile.Open(path), path, part);
    }

    [Theory]
    [InlineData("ccollections\nOrderedDict\n)R(U\u0001accollections\nOrderedDict\n)RU\u0001t{0}u}U\u0009_metadataNsb.")]
    [InlineData("\u0080\u0004\u0095\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff}\u0094(\u008c\u0001t{0}\u008c\u0001n\u008a\u0001\u00ffu.")]
    public void Open_StateDictionaryOfAModule_LeavesItsAttributesOut(string pickle)
    {
        // An OrderedDict with attributes, as modules give it, and the framed pickles of newer protocols.
        const string Tensor = "ctorch._utils\n_rebuild_tensor_v2\n((U\u0007storagectorch\nIntStorage\nU\u0001kU\u0003cpuK\u0003tQK\u0001(K\u0002t(K\u0001t\u0089ccollections\nOrderedDict\n)RtR";
        string path = Archive(pickle.Replace("{0}", Tensor, StringComparison.Ordinal), [7, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0]);

        using TorchFile file = TorchFile.Open(path);

        Assert.Equal([8L, 9L], Assert.Single(file.Tensors).ToIntegers());
        Assert.Equal("t", file.Tensors.Single().Name);
    }

    [Theory]
    [InlineData("K\u0002(K\u0002t(K\u0001t", 12, "reaches element 3 of a storage of 3")]
    [InlineData("K\u0000(K\u0002K\u0002t(K\u0002K\u0002t", 12, "reaches element 4 of a storage of 3")]
    [InlineData("K\u0000(K\u0002t(J\u00ff\u00ff\u00ff\u00fft", 12, "reaches element")]
    [InlineData("K\u0000(J\u00ff\u00ff\u00ff\u00fft(K\u0001t", 12, "impossible extents")]
    [InlineData("K\u0000(\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007ft(K\u0000K\u0000t", 12, "impossible extents")]
    [InlineData("K\u0000(K\u0001K\u0001K\u0001K\u0001K\u0001t(K\u0001K\u0001K\u0001K\u0001K\u0001t", 12, "at most 4")]
    [InlineData("K\u0000(K\u0003t(K\u0001t", 8, "has 8 bytes; expected 3 elements")]
    public void Open_ViewOutsideItsStorage_Throws(string view, int bytes, string part)
    {
        string path = Archive($"}}U\u0001tctorch._utils\n_rebuild_tensor_v2\n((U\u0007storagectorch\nIntStorage\nU\u0001kU\u0003cpuK\u0003tQ{view}\u0089NtRs.", new byte[bytes]);

        OneLine.Throws<InvalidDataException>(() => TorchFile.Open(path), path, part);
    }

    [Theory]
    [InlineData("\u008a\u0008\u0010\u0000\u0000\u0000\u0000\u0000\u0000\u0040", "K\u0000(K\u0002t(\u008a\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0020t", "4611686018427387920 elements of I32")]
    [InlineData("\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f", "K\u0000(K\u0002t(K\u0001t", "9223372036854775807 elements of I32")]
    [InlineData("J\u00ff\u00ff\u00ff\u00ff", "K\u0000(K\u0002t(K\u0001t", "other than a storage")]
    [InlineData("K\u0010", "K\u0000(K\u0002t(\u008a\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0040t", "reaches element 4611686018427387904 of a storage of 16")]
    [InlineData("K\u0010", "K\u0000(K\u0005K\u0005t(\u008a\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0040K\u0001t", "impossible extents")]
    [InlineData("K\u0010", "K\u0008(K\u0002t(J\u00f8\u00ff\u00ff\u00fft", "reaches element 0")]
    [InlineData("K\u0010", "J\u00ff\u00ff\u00ff\u00ff(K\u0002t(K\u0001t", "reaches element 0")]
    [InlineData("K\u0010", "K\u000f(K\u0002t(K\u0001t", "reaches element 16 of a storage of 16")]
    [InlineData("K\u0010", "\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f(K\u0002t(K\u0001t", "impossible extents")]
    [InlineData("K\u0010", "K\u0000(K\u0001K\u0001K\u0001K\u0001K\u0001K\u0001K\u0001K\u0001K\u0001t(K\u0001K\u0001K\u0001K\u0001K\u0001K\u0001K\u0001K\u0001K\u0001t", "9 extents")]
    public void Open_CountsThatReachOutsideTheFile_AreRefusedInBothFormats(string count, string view, string part)
    {
        string pickle = $"}}U\u0001tctorch._utils\n_rebuild_tensor_v2\n((U\u0007storagectorch\nIntStorage\nU\u0001kU\u0003cpu{count}tQ{view}\u0089NtRs.";
        string archive = Archive(pickle, new byte[64]);
        OneLine.Throws<InvalidDataException>(() => TorchFile.Open(archive), archive, part);

        string stream = Stream(pickle, elements: 16, new byte[64]);
        OneLine.Throws<InvalidDataException>(() => TorchFile.Open(stream), stream, part);
    }

    [Fact]
    public void Open_OldFormat_HandMade_Reads()
    {
        // The frame of the refused streams is sound: with counts that fit, the same bytes are a tensor.
        string path = Stream("}U\u0001tctorch._utils\n_rebuild_tensor_v2\n((U\u0007storagectorch\nIntStorage\nU\u0001kU\u0003cpuK\u0003tQK\u0000(K\u0002t(K\u0002t\u0089NtRs.", 3, [7, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0]);
        using TorchFile file = TorchFile.Open(path);
        Assert.Equal([7L, 9L], file["t"].ToIntegers());
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(1L << 61)]
    [InlineData(1L << 32)]
    [InlineData(-5L)]
    [InlineData(16L)]
    public void Read_StridesOutsideTheFile_ThrowsWithoutReadingThere(long stride)
    {
        using MappedFile file = new(_folder.Write("x.bin", new byte[64]));
        StoredTensor tensor = new(file, "t", DType.I32, new Shape(2), 0, [stride]);

        OneLine.Throws<InvalidDataException>(() => tensor.ToIntegers(), file.Path, "'t'", "outside the file");
    }

    private string Stream(string pickle, long elements, byte[] storage)
    {
        const string Head = "\u008a\u000a\u006c\u00fc\u009c\u0046\u00f9\u0020\u006a\u00a8\u0050\u0019.M\u00e9\u0003.}U\u000dlittle_endian\u0088s.";
        return _folder.Write("stream.bin", [.. Encoding.Latin1.GetBytes(Head + pickle + "]U\u0001ka."), .. BitConverter.GetBytes(elements), .. storage]);
    }

    private string Archive(string pickle, byte[] storage)
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] contents) in new[] { ("x/data.pkl", Encoding.Latin1.GetBytes(pickle)), ("x/data/k", storage) })
            {
                using Stream entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(contents);
            }
        }

        return _folder.Write("x.bin", stream.ToArray());
    }

    private void AssertReadsOrThrows(byte[] contents)
    {
        string path = _folder.Write("x.bin", contents);
        try
        {
            using TorchFile file = TorchFile.Open(path);
            foreach (StoredTensor tensor in file.Tensors)
            {
                if (tensor.Bytes < 1 << 20)
                {
                    tensor.ToFloats();
                }
            }
        }
        catch (InvalidDataException e)
        {
            Assert.DoesNotContain('\n', e.Message);
        }
    }
}
