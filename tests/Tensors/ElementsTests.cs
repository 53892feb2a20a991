using System.Runtime.InteropServices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Tensors;

public sealed class ElementsTests
{
    [Fact]
    public void Convert_EveryBf16_ToSingleAndBack_KeepsTheBits()
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(static i => (ushort)i)];
        float[] wide = new float[all.Length];
        ushort[] back = new ushort[all.Length];

        Elements.Convert(MemoryMarshal.AsBytes(all.AsSpan()), DType.BF16, MemoryMarshal.AsBytes(wide.AsSpan()), DType.F32);
        Elements.Convert(MemoryMarshal.AsBytes(wide.AsSpan()), DType.F32, MemoryMarshal.AsBytes(back.AsSpan()), DType.BF16);

        for (int i = 0; i < all.Length; i++)
        {
            Assert.Equal((uint)i << 16, BitConverter.SingleToUInt32Bits(wide[i]));
            Assert.Equal(float.IsNaN(wide[i]) ? i | 0x40 : i, back[i]);
        }
    }

    [Fact]
    public void Convert_SingleToBf16_RoundsToNearestEven()
    {
        // Upper halves odd and even, lower halves below, at and above one half; then values that must not become something else.
        uint[] bits = [0x3F807FFF, 0x3F808000, 0x3F808001, 0x3F817FFF, 0x3F818000, 0x3F818001, 0xBF818000, 0x7F7FFFFF, 0x7F800001, 0xFF800000, 0, 0x80000000, 1];
        ushort[] expected = [0x3F80, 0x3F80, 0x3F81, 0x3F81, 0x3F82, 0x3F82, 0xBF82, 0x7F80, 0x7FC0, 0xFF80, 0, 0x8000, 0];

        for (int pad = 0; pad < 40; pad += 13)
        {
            uint[] source = [.. new uint[pad], .. bits];
            ushort[] found = new ushort[source.Length];
            Elements.Convert(MemoryMarshal.AsBytes(source.AsSpan()), DType.F32, MemoryMarshal.AsBytes(found.AsSpan()), DType.BF16);
            Assert.Equal(expected, found[pad..]);
        }
    }

    [Fact]
    public void Convert_SingleToHalf_RoundsAsTheFrameworkDoes()
    {
        float[] source = [.. Enumerable.Range(-5000, 10001).Select(static i => i * 0.7317f), 65504, 65519.9f, 65520, 1e-8f, 6e-8f, float.NegativeInfinity];
        Half[] found = new Half[source.Length];

        Elements.Convert(MemoryMarshal.AsBytes(source.AsSpan()), DType.F32, MemoryMarshal.AsBytes(found.AsSpan()), DType.F16);

        Assert.Equal(Array.ConvertAll(source, static v => (Half)v), found);
    }

    [Fact]
    public void Convert_HalfToBf16_GoesThroughSingle()
    {
        Half[] source = [.. Enumerable.Range(0, 20000).Select(static i => (Half)(i / 3.0))];
        ushort[] found = new ushort[source.Length], expected = new ushort[source.Length];
        float[] wide = Array.ConvertAll(source, static v => (float)v);

        Elements.Convert(MemoryMarshal.AsBytes(source.AsSpan()), DType.F16, MemoryMarshal.AsBytes(found.AsSpan()), DType.BF16);
        Elements.Convert(MemoryMarshal.AsBytes(wide.AsSpan()), DType.F32, MemoryMarshal.AsBytes(expected.AsSpan()), DType.BF16);

        Assert.Equal(expected, found);
    }

    [Fact]
    public void Convert_ToIntegers_Throws() => Assert.Throws<ArgumentException>(() => Elements.Convert(new byte[4], DType.F32, new byte[4], DType.I32));

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    [InlineData(DType.F16)]
    [InlineData(DType.F64)]
    public void IndexOfNonFinite_AnyPlace_IsFound(DType type)
    {
        double[] bad = [double.NaN, -double.NaN, double.PositiveInfinity, double.NegativeInfinity];
        double[] good = [0, -0.0, 1, -1, 65504, -65504, 1e-7, 1e-300];
        foreach (int count in (int[])[0, 1, 7, 8, 31, 64, 67, 200])
        {
            double[] values = [.. Enumerable.Range(0, count).Select(i => good[i % good.Length])];
            Assert.Equal(-1, Elements.IndexOfNonFinite(Bytes(values), type));
            for (int place = 0; place < count; place++)
            {
                double[] spoiled = [.. values];
                spoiled[place] = bad[place % bad.Length];
                spoiled[^1] = bad[^1];
                Assert.Equal(place, Elements.IndexOfNonFinite(Bytes(spoiled), type));
            }
        }

        byte[] Bytes(double[] values) => [.. values.SelectMany(v => type switch
        {
            DType.F64 => BitConverter.GetBytes(v),
            DType.F32 => BitConverter.GetBytes((float)v),
            DType.F16 => BitConverter.GetBytes((Half)v),
            _ => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits((float)v) >> 16)),
        })];
    }
}
