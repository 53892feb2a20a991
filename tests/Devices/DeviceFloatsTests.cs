using LlavaCuda.Devices;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Devices;

/// <summary>Copies between floats of the host and floating tensors; counts lie around the vectors of the conversion and the chunks of the copy.</summary>
public sealed class DeviceFloatsTests
{
    public static TheoryData<DType, int> Sizes
    {
        get
        {
            TheoryData<DType, int> sizes = [];
            foreach (DType type in (DType[])[DType.F32, DType.BF16])
            {
                foreach (int count in (int[])[0, 1, 2, 15, 16, 17, 31, 33, 65, 1000, 1 << 20, (1 << 20) + 17])
                {
                    sizes.Add(type, count);
                }
            }

            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void ReadWriteFloats_AnySize_KeepWhatTheTypeCanHold(DType type, int count)
    {
        using CpuDevice device = new(1);
        using DeviceMemory memory = device.Allocate(Math.Max(count, 1) * sizeof(float), "a test");
        Tensor tensor = new(memory.Address, type, new Shape(count));
        float[] values = OpTest.Normal(count, count);
        device.WriteFloats(tensor, values);
        float[] actual = new float[count];
        device.ReadFloats(actual, tensor);
        Assert.Equal(type == DType.F32 ? values : values.Select(static v => Bf16.Round(v)), actual);
    }

    [Fact]
    public void ReadWriteFloats_Warm_AllocateNothing()
    {
        using CpuDevice device = new(1);
        using DeviceMemory memory = device.Allocate(2000, "a test");
        Tensor tensor = new(memory.Address, DType.BF16, new Shape(10, 100));
        float[] values = new float[1000];
        Allocations.AssertNone(() =>
        {
            device.WriteFloats(tensor, values);
            device.ReadFloats(values, tensor);
        });
    }

    [Fact]
    public void ReadWriteFloats_OtherCountOrType_NamesBoth()
    {
        using CpuDevice device = new(1);
        using DeviceMemory memory = device.Allocate(64, "a test");
        Tensor tensor = new(memory.Address, DType.BF16, new Shape(2, 4));
        Assert.Contains("7 floats, but the tensor is BF16 [2, 4]", Assert.Throws<ArgumentException>(() => device.WriteFloats(tensor, new float[7])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => device.ReadFloats(new float[9], tensor));
        Assert.Throws<ArgumentException>(() => device.ReadFloats(new float[8], new Tensor(memory.Address, DType.I32, new Shape(8))));
    }
}
