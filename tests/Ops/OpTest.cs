using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;

namespace LlavaCuda.Tests.Ops;

/// <summary>
/// A device and its tensors for the test of an op on a bed. Weights and activations are stored in the bed's type and read as floats. Outputs begin as not-a-number, so that an element nobody wrote
/// shows; each tensor lies between guards, so that a write beside it shows at the end.
/// </summary>
internal sealed class OpTest : IDisposable
{
    private const int GuardBytes = 256;
    private const byte GuardByte = 0xA5;
    private static readonly byte[] Guard = [.. Enumerable.Repeat(GuardByte, GuardBytes)];
    private readonly List<(DeviceMemory Memory, Tensor Tensor)> _tensors = [];

    /// <summary>Initializes a new instance of the <see cref="OpTest"/> class; skips the test where the bed's device cannot be had.</summary>
    internal OpTest(Bed bed, int threads = 2)
        : this(bed, bed.IsCuda ? CudaDevices.Rent(bed.Type, Emulator.Order.Forward) : new CpuDevice(threads))
    {
    }

    internal OpTest(Bed bed, Device device)
    {
        Bed = bed;
        Device = device;
    }

    internal Bed Bed { get; }

    internal Device Device { get; }

    public void Dispose()
    {
        try
        {
            _tensors.ForEach(entry => CheckGuards(entry.Tensor));
        }
        finally
        {
            _tensors.ForEach(entry => entry.Memory.Dispose());
            if (Device is CudaDevice cuda)
            {
                CudaDevices.Return(cuda);
            }
            else
            {
                Device.Dispose();
            }
        }
    }

    /// <summary>Reproducible normally distributed numbers in single precision. What a bed stores in its own type comes from <see cref="Bed.Normal"/>.</summary>
    internal static float[] Normal(int seed, long count, double scale = 1)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (long i = 0; i < count; i++)
        {
            values[i] = (float)(scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return values;
    }

    /// <summary>The same op gives the same bits three times: on 1, 2 and 3 threads of the CPU, and in three orders of the emulator's threads.</summary>
    internal static void AssertSameBits(Bed bed, Func<OpTest, float[]> run)
    {
        int[]? expected = null;
        foreach (Emulator.Order order in Enum.GetValues<Emulator.Order>())
        {
            using OpTest test = bed.IsCuda ? new(bed, CudaDevices.Rent(bed.Type, order)) : new(bed, threads: 1 + (int)order);
            int[] bits = [.. Bits(run(test))];
            Assert.Equal(expected ??= bits, bits);
        }
    }

    /// <summary>The result is as close to double precision as the tolerance says for this bed.</summary>
    internal void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, Tolerance tolerance, string what) => Bed.AssertClose(expected, actual, tolerance, what);

    /// <summary>An input in the bed's type.</summary>
    internal Tensor Floats(ReadOnlySpan<float> values, params ReadOnlySpan<long> extents) => Written(Bed.Type, values, extents);

    /// <summary>An input in single precision on every bed: statistics, gradients of weights, moments.</summary>
    internal Tensor Singles(ReadOnlySpan<float> values, params ReadOnlySpan<long> extents) => Written(DType.F32, values, extents);

    /// <summary>An input of indexes.</summary>
    internal Tensor Ints(params ReadOnlySpan<int> values)
    {
        Tensor tensor = Allocate(DType.I32, [values.Length]);
        Device.CopyFromHost(tensor, values);
        return tensor;
    }

    /// <summary>An input of half words.</summary>
    internal Tensor Shorts(params ReadOnlySpan<short> values)
    {
        Tensor tensor = Allocate(DType.I16, [values.Length]);
        Device.CopyFromHost(tensor, values);
        return tensor;
    }

    /// <summary>An input of draws.</summary>
    internal Tensor Draws(params ReadOnlySpan<TokenDraw> values)
    {
        Tensor tensor = Allocate(DType.F64, [values.Length, TokenDraw.Width]);
        Device.CopyFromHost(tensor, values);
        return tensor;
    }

    /// <summary>An output in the bed's type: not-a-number everywhere.</summary>
    internal Tensor Poisoned(params ReadOnlySpan<long> extents) => PoisonedAs(Bed.Type, extents);

    /// <summary>An output in single precision on every bed: not-a-number everywhere.</summary>
    internal Tensor PoisonedSingles(params ReadOnlySpan<long> extents) => PoisonedAs(DType.F32, extents);

    /// <summary>An output: not-a-number everywhere.</summary>
    internal Tensor PoisonedAs(DType type, params ReadOnlySpan<long> extents)
    {
        Tensor tensor = Allocate(type, extents);
        Poison(tensor);
        return tensor;
    }

    internal void Poison(Tensor tensor)
    {
        float[] values = new float[tensor.Count];
        Array.Fill(values, float.NaN);
        Write(tensor, values);
    }

    /// <summary>Writes values, which the tensor's type must hold exactly: twins in double precision would begin with others.</summary>
    internal void Write(Tensor tensor, ReadOnlySpan<float> values)
    {
        if (tensor.Type == DType.BF16)
        {
            foreach (float value in values)
            {
                Assert.True(value.Equals(Bf16.Round(value)), $"{value:R} is no bf16 number: the bed rounds it.");
            }
        }

        Device.WriteFloats(tensor, values);
    }

    internal float[] Read(Tensor tensor)
    {
        float[] values = new float[tensor.Count];
        Device.ReadFloats(values, tensor);
        return values;
    }

    private static ReadOnlySpan<int> Bits(ReadOnlySpan<float> values) => MemoryMarshal.Cast<float, int>(values);

    private Tensor Written(DType type, ReadOnlySpan<float> values, ReadOnlySpan<long> extents)
    {
        Tensor tensor = Allocate(type, extents);
        Write(tensor, values);
        return tensor;
    }

    private Tensor Allocate(DType type, ReadOnlySpan<long> extents)
    {
        Shape shape = new(extents);
        long bytes = shape.Count * type.Size();
        DeviceMemory memory = Device.Allocate(bytes + (2 * GuardBytes), "a test");
        Tensor tensor = new(memory.Address + GuardBytes, type, shape);
        Device.CopyFromHost<byte>(GuardBefore(tensor), Guard);
        Device.CopyFromHost<byte>(GuardAfter(tensor), Guard);
        _tensors.Add((memory, tensor));
        return tensor;
    }

    private void CheckGuards(Tensor tensor)
    {
        byte[] bytes = new byte[GuardBytes];
        Device.CopyToHost<byte>(bytes, GuardBefore(tensor));
        Assert.True(bytes.AsSpan().SequenceEqual(Guard), $"Something wrote before the tensor {tensor}.");
        Device.CopyToHost<byte>(bytes, GuardAfter(tensor));
        Assert.True(bytes.AsSpan().SequenceEqual(Guard), $"Something wrote behind the tensor {tensor}.");
    }

    private static Tensor GuardBefore(Tensor tensor) => new(tensor.Address - GuardBytes, DType.I32, new Shape(GuardBytes / sizeof(int)));

    private static Tensor GuardAfter(Tensor tensor) => new(tensor.Address + (nint)tensor.Bytes, DType.I32, new Shape(GuardBytes / sizeof(int)));
}
