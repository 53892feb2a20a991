using System.Buffers.Binary;
using System.Text;
using LlavaCuda.Checkpoints;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Checkpoints;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_SmallFile_GivesTypesShapesAndValues()
    {
        byte[] data = [0x80, 0x3f, 0x00, 0x40, 1, 0, 0, 0, 254, 255, 255, 255];
        using SafetensorsFile file = SafetensorsFile.Open(Make(
            """{"__metadata__":{"format":"pt"},"half":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]},"ids":{"data_offsets":[4,12],"dtype":"I32","shape":[2]}}  """, data));

        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(new Shape(2, 1), file["half"].Shape);
        Assert.Equal(DType.BF16, file["half"].Type);
        Assert.Equal([BitConverter.Int32BitsToSingle(0x3f800000), 2f], file["half"].ToFloats());
        Assert.Equal([1L, -2L], file["ids"].ToIntegers());
        OneLine.Throws<InvalidDataException>(() => file["half"].ToIntegers(), "'half'", "BF16", file.Path);
        OneLine.Throws<InvalidDataException>(() => _ = file["other"], "'other'", file.Path);
    }

    [Fact]
    public void Read_RangeOutside_Throws()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Make("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", new byte[8]));

        Assert.Throws<ArgumentException>(() => file["a"].Read(new byte[8], DType.F32, 1));
        Assert.Throws<ArgumentException>(() => file["a"].Read(new byte[7], DType.F32));
    }

    [Fact]
    public void Read_AfterDispose_Throws()
    {
        SafetensorsFile file = SafetensorsFile.Open(Make("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4]));
        StoredTensor tensor = file["a"];
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(tensor.ToFloats);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "'a'", "expected [0, 8]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "'a'", "end at 8", "only 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "8 bytes follow", "have 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "'a'", "expected [0, 4]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "'b'", "expected [4, 8]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "'a' occurs twice")]
    [InlineData("""{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", 4, "'a'", "dtype 'F33'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "'a'", "shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}""", 4, "'a'", "shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1,1,1,1,1],"data_offsets":[0,4]}}""", 4, "'a'", "at most 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "'a'", "rising")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999]}}""", 4, "'a'", "data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "'a'", "data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}""", 4, "'a'", "'x'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "'a'", "shape")]
    [InlineData("""{"a":3}""", 4, "a is 3", "an object")]
    [InlineData("""["a"]""", 4, "JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", 4, "header", "cut off")]
    [InlineData("""{"__metadata__":{"x":1}}""", 0, "__metadata__.x is 1")]
    public void Open_LyingHeader_NamesTensorFoundAndExpected(string header, int bytes, params string[] parts)
    {
        string path = Make(header, new byte[bytes]);

        OneLine.Throws<InvalidDataException>(() => SafetensorsFile.Open(path), [path, .. parts]);
    }

    [Theory]
    [InlineData(0, "empty")]
    [InlineData(7, "7 bytes")]
    [InlineData(8, "truncated")]
    [InlineData(40, "truncated")]
    public void Open_Truncated_Throws(int length, string part)
    {
        string path = Make("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", new byte[8]);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..length]);

        OneLine.Throws<InvalidDataException>(() => SafetensorsFile.Open(path), path, part);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    [InlineData(200_000_000)]
    [InlineData(0)]
    public void Open_HeaderLengthAbsurd_Throws(long length)
    {
        byte[] bytes = new byte[64];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);

        OneLine.Throws<InvalidDataException>(() => SafetensorsFile.Open(_folder.Write("x.safetensors", bytes)), "header claims");
    }

    [Fact]
    public void Open_NameWithLineBreaks_MessageStaysOneLine() =>
        OneLine.Throws<InvalidDataException>(() => SafetensorsFile.Open(Make("""{"a\nb\u001b":{"dtype":"no","shape":[1],"data_offsets":[0,4]}}""", new byte[4])), "'a\\nb\\u001b'");

    private string Make(string header, byte[] data)
    {
        byte[] text = Encoding.UTF8.GetBytes(header), length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        return _folder.Write("x.safetensors", [.. length, .. text, .. data]);
    }
}
