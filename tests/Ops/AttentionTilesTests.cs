using LlavaCuda.Devices;
using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

/// <summary>Which kernel an attention takes on CUDA: the tiles of smaller GPUs, tensors that are not aligned, more sequences than a grid has rows.</summary>
public sealed class AttentionTilesTests
{
    private const int Ampere = 163 << 10;
    private const int Ada = 99 << 10;
    private const int Hopper = 227 << 10;

    [Theory]
    [InlineData(Hopper, 128, 128, 64, 128, 32, 64, 64)]
    [InlineData(Ampere, 128, 128, 64, 64, 32, 32, 64)]
    [InlineData(Ada, 128, 64, 32, 64, 32, 32, 64)]
    [InlineData(Hopper, 80, 128, 64, 128, 32, 64, 64)]
    [InlineData(Ada, 64, 128, 64, 128, 32, 32, 128)]
    [InlineData(Ada, 32, 128, 64, 128, 32, 32, 128)]
    public void Choose_AnyGpu_TakesTheLargestOfWhichTwoFit(
        int sharedBytes, int headSize, int forwardQueries, int forwardKeys, int gradientQueries, int gradientKeys, int keyGradientQueries, int keyGradientKeys)
    {
        AssertChoice(AttentionTiles.Forward, forwardQueries, forwardKeys);
        AssertChoice(AttentionTiles.QueryGradient, gradientQueries, gradientKeys);
        AssertChoice(AttentionTiles.KeyGradient, keyGradientQueries, keyGradientKeys);

        void AssertChoice(AttentionTile[] tiles, int queries, int keys)
        {
            AttentionTile tile = AttentionTiles.Choose(tiles, headSize, sharedBytes);
            Assert.Equal((headSize, queries, keys), (tile.HeadSize, tile.Queries, tile.Keys));
            Assert.InRange(tile.SharedBytes, 1, sharedBytes);
        }
    }

    [Theory]
    [InlineData(Ampere, 32)]
    [InlineData(Ampere, 64)]
    [InlineData(Ampere, 80)]
    [InlineData(Ampere, 128)]
    [InlineData(Ada, 128)]
    [Trait("Category", "Emulator")]
    public void ForwardBackward_SmallerGpu_EqualsNaive(int sharedBytes, int headSize)
    {
        (AttentionShape shape, int[] starts, float[] qkv) = AttentionRun.Case(Bed.CudaBf16, [129, 0, 67], 2, 1, headSize, true, 1);
        using OpTest test = new(Bed.CudaBf16);
        CudaDevice device = (CudaDevice)test.Device;
        int own = device.SharedBytesLimit;
        device.SharedBytesLimit = sharedBytes;
        try
        {
            new AttentionRun(test, qkv, starts, shape).AssertAll(qkv, starts);
        }
        finally
        {
            device.SharedBytesLimit = own;
        }
    }

    [Fact]
    [Trait("Category", "Emulator")]
    public void ForwardBackward_Unaligned_EqualsNaive()
    {
        (AttentionShape shape, int[] starts, float[] qkv) = AttentionRun.Case(Bed.CudaBf16, [65, 7], 2, 1, 64, true, 1);
        using OpTest test = new(Bed.CudaBf16);
        Tensor memory = test.Floats([0, .. qkv], qkv.Length + 1);
        Tensor shifted = new(memory.Address + DType.BF16.Size(), DType.BF16, new Shape(starts[^1], shape.QkvSize));
        new AttentionRun(test, shifted, starts, shape).AssertAll(qkv, starts);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(24)]
    [Trait("Category", "Emulator")]
    public void ForwardBackward_MoreSequencesThanAGridHasRows_EqualsNaive(int headSize)
    {
        int[] lengths = [3, .. Enumerable.Repeat(0, 65534), 2, 4];
        (AttentionShape shape, int[] starts, float[] qkv) = AttentionRun.Case(Bed.CudaBf16, lengths, 1, 1, headSize, true, 1);
        using OpTest test = new(Bed.CudaBf16);
        new AttentionRun(test, qkv, starts, shape).AssertAll(qkv, starts);
    }
}
