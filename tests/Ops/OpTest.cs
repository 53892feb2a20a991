using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

/// <summary>
/// A device and its tensors for the test of an op. Outputs begin as not-a-number, so that an element nobody wrote shows; each tensor lies between guards, so that a write
/// beside it shows when it is read or disposed.
/// </summary>
internal sealed class OpTest : IDisposable
{
    private const int GuardBytes = 256;
    private const byte GuardByte = 0xA5;
    private static readonly byte[] Guard = [.. Enumerable.Repeat(GuardByte, GuardBytes)];
    private readonly List<(DeviceMemory Memory, Tensor Tensor)> _tensors = [];

    internal OpTest(int threads = 2)
    {
        Device = new CpuDevice(threads);
    }

    internal Device Device { get; }

    public void Dispose()
    {
        foreach ((DeviceMemory memory, Tensor tensor) in _tensors)
        {
            CheckGuards(tensor);
            memory.Dispose();
        }

        Device.Dispose();
    }

    /// <summary>Reproducible normally distributed numbers.</summary>
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

    /// <summary>Every element is finite, and the relative L2 error is within the tolerance; otherwise the worst element is reported.</summary>
    internal static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double error = 0;
        double norm = 0;
        double worst = -1;
        int worstAt = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs(actual[i] - expected[i]);
            if (!double.IsFinite(difference))
            {
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{what}[{i}] of {expected.Length} is {actual[i]:R}, expected {expected[i]:R}."));
            }

            error += difference * difference;
            norm += expected[i] * expected[i];
            if (difference > worst)
            {
                worst = difference;
                worstAt = i;
            }
        }

        if (error > tolerance * tolerance * norm)
        {
            double relative = Math.Sqrt(error / norm);
            Assert.Fail(string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: relative L2 error {relative:E2}, allowed {tolerance:E2}; worst [{worstAt}] of {expected.Length}: {actual[worstAt]:R}, expected {expected[worstAt]:R}."));
        }
    }

    /// <summary>The same op on 1, 2 and 3 threads gives the same bits.</summary>
    internal static void AssertSameBitsOnAnyThreads(Func<OpTest, float[]> run)
    {
        using OpTest one = new(1);
        int[] expected = Bits(run(one));
        for (int threads = 2; threads <= 3; threads++)
        {
            using OpTest several = new(threads);
            Assert.Equal(expected, Bits(run(several)));
        }
    }

    /// <summary>Once warm, the call allocates nothing on the GC heap.</summary>
    internal static void AssertAllocatesNothing(Action call)
    {
        call();
        long least = long.MaxValue;
        for (int i = 0; i < 3; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            call();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    /// <summary>An input.</summary>
    internal Tensor Floats(ReadOnlySpan<float> values, params ReadOnlySpan<long> extents)
    {
        Tensor tensor = Allocate(DType.F32, extents);
        Device.CopyFromHost(tensor, values);
        return tensor;
    }

    /// <summary>An input of indexes.</summary>
    internal Tensor Ints(params ReadOnlySpan<int> values)
    {
        Tensor tensor = Allocate(DType.I32, [values.Length]);
        Device.CopyFromHost(tensor, values);
        return tensor;
    }

    /// <summary>An output: not-a-number everywhere.</summary>
    internal Tensor Poisoned(params ReadOnlySpan<long> extents) => PoisonedAs(DType.F32, extents);

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
        Device.WriteFloats(tensor, values);
    }

    internal float[] Read(Tensor tensor)
    {
        float[] values = new float[tensor.Count];
        Device.ReadFloats(values, tensor);
        return values;
    }

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];

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
