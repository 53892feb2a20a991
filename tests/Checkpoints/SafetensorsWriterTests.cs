using LlavaCuda.Checkpoints;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Checkpoints;

public sealed class SafetensorsWriterTests : IDisposable
{
    private static readonly byte[] ThreeBytes = [1, 2, 3];
    private static readonly byte[] TwoFlags = [0, 1];
    private static readonly float[] TwoFloats = [1.5f, -2f];
    private static readonly float[] OneFloat = [3f];
    private static readonly long[] TwoLongs = [long.MaxValue, -1];
    private static readonly int[] OneInteger = [7];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_SeveralTypes_ReadBackTheSame()
    {
        string path = _folder.At("x.safetensors");
        SafetensorsWriter.Write(path, [
            TensorSource.FromArray("bytes", DType.U8, ThreeBytes, 3),
            TensorSource.FromArray("floats", DType.F32, TwoFloats, 1, 2),
            TensorSource.FromArray("longs", DType.I64, TwoLongs, 2),
            TensorSource.FromArray("scalar", DType.F32, OneFloat),
            TensorSource.FromArray("empty", DType.F32, Array.Empty<float>(), 0, 4),
            TensorSource.FromArray("flags", DType.Bool, TwoFlags, 2)]);

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(6, file.Tensors.Count);
        Assert.Equal([1L, 2L, 3L], file["bytes"].ToIntegers());
        Assert.Equal([1.5f, -2f], file["floats"].ToFloats());
        Assert.Equal([long.MaxValue, -1], file["longs"].ToIntegers());
        Assert.Equal(0, file["scalar"].Shape.Rank);
        Assert.Equal([3f], file["scalar"].ToFloats());
        Assert.Equal(new Shape(0, 4), file["empty"].Shape);
        Assert.Equal(DType.Bool, file["flags"].Type);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(0, BitConverter.ToInt64(File.ReadAllBytes(path), 0) % 8);
    }

    [Theory]
    [InlineData(DType.BF16)]
    [InlineData(DType.F16)]
    public void Write_LargerThanAChunk_ConvertsEveryElement(DType type)
    {
        float[] values = [.. Enumerable.Range(0, 2_100_003).Select(static i => MathF.Sin(i))];
        string path = _folder.At("x.safetensors");

        SafetensorsWriter.Write(path, [TensorSource.FromArray("a", DType.F32, values, 3, 700_001), TensorSource.FromArray("n", DType.I32, OneInteger, 1)], type);

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(type, file["a"].Type);
        Assert.Equal(DType.I32, file["n"].Type);
        Assert.True(Array.ConvertAll(values, v => Rounded.To(v, type)).AsSpan().SequenceEqual(file["a"].ToFloats()));
    }

    [Theory]
    [InlineData(DType.F32, 70000f)]
    [InlineData(DType.F32, -65520f)]
    [InlineData(DType.BF16, 1e20f)]
    public void Write_ValueBeyondHalfPrecision_IsRefusedByName(DType type, float value)
    {
        float[] values = [1, value, 2];
        TensorSource source = type == DType.F32 ? TensorSource.FromArray("layer.weight", type, values, 3)
            : TensorSource.FromArray("layer.weight", type, Array.ConvertAll(values, static v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)), 3);
        string path = _folder.At("x.safetensors");
        OneLine.Throws<InvalidDataException>(() => SafetensorsWriter.Write(path, [source], DType.F16), "layer.weight", "element 1", "F16", "BF16 or F32");
        OneLine.Throws<InvalidDataException>(() => TorchWriter.Write(Stream.Null, "x", [source], DType.F16), "layer.weight");
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Write_DiskFull_LeavesTheOlderFile()
    {
        string path = _folder.Write("x.safetensors", "older");

        Assert.Throws<IOException>(() => AtomicFile.Write(path, static stream => stream.Write(new byte[100]), static p => new FullDisk(p, 10)));

        Assert.Equal("older", File.ReadAllText(path));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void FromArray_WrongExtents_Throws() =>
        OneLine.Throws<ArgumentException>(() => TensorSource.FromArray("a", DType.F32, new float[3], 2, 2), "'a'", "[2, 2]", "not 3");
}
