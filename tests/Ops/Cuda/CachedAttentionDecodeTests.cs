using LlavaCuda.Devices;
using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops.Cuda;

/// <summary>What the kernel for one row a sequence promises beside its results, which <see cref="CachedAttentionTests"/> compares.</summary>
[Trait("Category", "Emulator")]
public sealed class CachedAttentionDecodeTests
{
    // A block that joins too early is not seen in the results, since the last one joins again. So blocks are counted from where none of them is the last.
    [Theory]
    [InlineData(1 << 20, false)]
    [InlineData(0, true)]
    public void Splits_AreJoinedByTheLastBlockOnly(int counted, bool joined)
    {
        const int Splits = 4;
        const int Capacity = 256;
        Bed bed = Bed.CudaSingle;
        using OpTest test = new(bed);
        AttentionShape shape = new(1, 1, 16, Causal: true);
        (KernelVariant variant, _, _, int sharedBytes) = CachedAttentionKernels.DecodeFor(DType.F32, 4, shape.HeadSize, group: 1);
        Tensor cache = test.Floats(bed.Normal(1, Capacity * shape.HeadSize), 1, 1, Capacity, shape.HeadSize);
        Tensor qkv = test.Floats(bed.Normal(2, shape.QkvSize), 1, shape.QkvSize);
        Tensor o = test.Poisoned(1, shape.OutputSize);
        Tensor ticket = test.Ints(counted);
        ((CudaDevice)test.Device).Launch(
            CachedAttentionKernels.Decode,
            variant,
            new LaunchGrid(Splits),
            CachedAttentionKernels.Threads,
            sharedBytes,
            o,
            cache,
            cache,
            ticket,
            test.PoisonedSingles(Splits, shape.HeadSize),
            test.PoisonedSingles(Splits, 2),
            qkv,
            default(Tensor),
            default(Tensor),
            default(Tensor),
            test.Ints(0, 1),
            test.Ints(Capacity - 1),
            0,
            shape.Heads,
            shape.KvHeads,
            shape.HeadSize,
            Capacity,
            shape.Scale);
        int[] tickets = new int[1];
        test.Device.CopyToHost<int>(tickets, ticket);
        Assert.Equal(joined ? 0 : counted + Splits, tickets[0]);
        Assert.All(test.Read(o), value => Assert.Equal(joined, float.IsFinite(value)));
    }
}
