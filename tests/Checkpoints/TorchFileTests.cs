using System.Text;
using LlavaCuda.Checkpoints;

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

    [Theory]
    [InlineData("c__builtin__\neval\n(U\x01ktR.", "'__builtin__.eval'")]
    [InlineData("\x80\x04\x8c\x02os\x8c\x06system\x93.", "'os.system'")]
    [InlineData("ctorch._utils\n_rebuild_tensor_v2\n(K\x01tR.", "_rebuild_tensor_v2 is called with unknown arguments")]
    [InlineData("ctorch.jit\n_load\n.", "'torch.jit._load'")]
    [InlineData("(i__builtin__\neval\n.", "opcode 0x69")]
    [InlineData("K\x01", "ends early")]
    [InlineData("X\x7f\x7f\x7f\x7f", "ends early")]
    [InlineData("h\x05.", "never stored")]
    [InlineData("t.", "mark")]
    [InlineData("K\x01Q.", "storage")]
    [InlineData("NNs.", "SETITEMS")]
    [InlineData("a.", "takes more than it has")]
    [InlineData("K\x01K\x02R.", "no function")]
    [InlineData("}.", "magic number")]
    public void Open_PickleThatBuildsNoTensors_IsRefused(string pickle, string part)
    {
        string path = _folder.Write("x.bin", Encoding.Latin1.GetBytes(pickle));

        OneLine.Throws<InvalidDataException>(() => TorchFile.Open(path), path, part);
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
