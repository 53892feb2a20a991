using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Models;

public class PackedBatchTests
{
    private const int Image = PackedBatch.ImageToken;
    private const int None = PackedBatch.Ignore;

    [Fact]
    public void Add_ImageAmongTokens_TakesARowAPatch()
    {
        PackedBatch batch = new(TinyModels.Config);
        batch.Add([1, Image, 5], []);
        Assert.Equal(2 + TinyModels.Config.RowsPerImage, batch.Rows);
        Assert.Equal(batch.Rows, PackedBatch.CountRows(TinyModels.Config, [1, Image, 5]));
    }

    [Fact]
    public void Upload_LabelBehindImage_BelongsToTheImagesLastRow()
    {
        (Device device, DeviceBatch batch) = Upload([1, Image, 5, 6], [None, None, 5, 6], images: 1);
        int rows = TinyModels.Config.RowsPerImage;
        Assert.Equal([rows, rows + 1], Read(device, batch.LabelledRows));
        Assert.Equal([5, 6], Read(device, batch.Labels));
    }

    [Fact]
    public void Upload_FirstTokenLabelled_CarriesNoLoss()
    {
        (Device device, DeviceBatch batch) = Upload([4, 5], [4, 5], images: 0);
        Assert.Equal([5], Read(device, batch.Labels));
    }

    [Fact]
    public void Upload_TwoSequences_PositionsBeginAgain()
    {
        PackedBatch packed = new(TinyModels.Config);
        packed.Add([1, 2, 3], []);
        packed.Add([1, 2], []);
        (Device device, DeviceBatch batch) = Upload(packed);
        Assert.Equal([0, 1, 2, 0, 1], Read(device, batch.Sequences.Rotary.Positions));
        Assert.Equal([0, 3, 5], Read(device, batch.Sequences.CuSeqlens));
    }

    [Fact]
    public void Upload_RepeatedTokens_AreOneSegmentInRowOrder()
    {
        (Device device, DeviceBatch batch) = Upload([9, 4, 9, Image, 4, 9], [], images: 1);
        int rows = TinyModels.Config.RowsPerImage;
        Assert.Equal([4, 9], Read(device, batch.TokenIds));
        Assert.Equal([0, 2, 5], Read(device, batch.TokenStarts));
        Assert.Equal([1, 3 + rows, 0, 2, 4 + rows], Read(device, batch.TokenRows));
    }

    [Fact]
    public void Upload_PictureMissing_IsRefused()
    {
        string message = Assert.Throws<InvalidOperationException>(static () => Upload([1, Image, Image], [], images: 1)).Message;
        Assert.Contains("2 image markers, but 1 pictures", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(64)]
    public void Add_IdOutsideTheVocabulary_IsRefused(int id) =>
        Assert.Contains("outside the vocabulary of 64", Assert.Throws<ArgumentException>(() => new PackedBatch(TinyModels.Config).Add([1, id], [])).Message, StringComparison.Ordinal);

    [Fact]
    public void Add_LongerThanThePositions_IsRefused() =>
        Assert.Throws<ArgumentException>(static () => new PackedBatch(TinyModels.Config).Add(new int[TinyModels.Config.Text.MaxPositions + 1], []));

    private static (Device Device, DeviceBatch Batch) Upload(int[] ids, int[] labels, int images)
    {
        PackedBatch packed = new(TinyModels.Config);
        packed.Add(ids, labels);
        for (int i = 0; i < images; i++)
        {
            packed.AddImage().Clear();
        }

        return Upload(packed);
    }

    private static (Device Device, DeviceBatch Batch) Upload(PackedBatch packed)
    {
        CpuDevice device = new(1);
        return (device, packed.Upload(device, new Arena(device, 1 << 20, "a test"), default, backward: true));
    }

    private static int[] Read(Device device, Tensor tensor)
    {
        int[] values = new int[tensor.Count];
        device.CopyToHost<int>(values, tensor);
        return values;
    }
}
