using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;
using LlavaCuda.Trainer.Verification;

namespace LlavaCuda.Tests.Verification;

public sealed class RoundingDeviceTests : IDisposable
{
    private const int Count = 4096;
    private readonly CpuDevice _processor = new(1);
    private readonly float[] _values = [.. Enumerable.Range(0, Count).Select(static i => (float)(Normal(i) * Math.ScaleB(1, (i % 20) - 10)))];

    public void Dispose() => _processor.Dispose();

    [Fact]
    public void Written_Plain_IsBf16()
    {
        byte[] bf16 = new byte[Count * sizeof(ushort)];
        float[] expected = new float[Count];
        Elements.Convert(MemoryMarshal.AsBytes<float>(_values), DType.F32, bf16, DType.BF16);
        Elements.Convert(bf16, DType.BF16, MemoryMarshal.AsBytes(expected.AsSpan()), DType.F32);
        Assert.Equal(expected, Rounded(8, null));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(17)]
    [InlineData(20)]
    public void Written_ShiftedGrid_ErrsAsMuchAsPlainRounding(int bits)
    {
        double plain = Error(Rounded(bits, null));
        for (ulong seed = 0; seed < 8; seed++)
        {
            float[] rounded = Rounded(bits, seed);
            Assert.InRange(Error(rounded) / plain, 0.95, 1.05);
            double[] errors = [.. rounded.Zip(_values, static (r, v) => Math.Abs(((double)r - v) / v))];
            Assert.InRange(errors.Max(), 0, Math.ScaleB(1.0001, -bits));
        }
    }

    [Fact]
    public void Written_ValueAgain_ErrsAgain()
    {
        Assert.Equal(Rounded(8, 3), Rounded(8, 3));
        Assert.NotEqual(Rounded(8, 3), Rounded(8, 4));
    }

    [Fact]
    public void Written_Representable_Stays()
    {
        float[] representable = Rounded(8, null);
        representable.CopyTo(_values, 0);
        Assert.Equal(representable, Rounded(8, 1));
    }

    private static double Normal(int index) => new CounterRandom(5, "values").Normal((ulong)index);

    // Through an op that changes nothing: a product with one.
    private float[] Rounded(int bits, ulong? seed)
    {
        using RoundingDevice device = new(_processor, bits, seed);
        using Arena arena = new(device, 1 << 20, "test values");
        Tensor x = arena.Push(DType.F32, Count, 1), y = arena.Push(DType.F32, Count, 1), one = arena.Push(DType.F32, 1, 1);
        device.CopyFromHost<float>(x, _values);
        device.CopyFromHost<float>(one, [1]);
        Linear.Forward(device, y, x, one, default);
        float[] rounded = new float[Count];
        device.CopyToHost<float>(rounded, y);
        return rounded;
    }

    private double Error(float[] rounded) => Math.Sqrt(rounded.Zip(_values, static (r, v) => Math.Pow((r - (double)v) / v, 2)).Average());
}
