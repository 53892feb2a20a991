using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Tensors;

public class ShapeTests
{
    [Fact]
    public void Count_BillionsOfElements_DoesNotOverflow() => Assert.Equal(32000L * 4096 * 4096, new Shape(32000, 4096, 4096).Count);

    [Fact]
    public void Constructor_FiveExtents_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(static () => new Shape(1, 2, 3, 4, 5));

    [Fact]
    public void Equals_SameProductOtherExtents_Differs() => Assert.NotEqual(new Shape(2, 6), new Shape(3, 4));

    [Fact]
    public void ToString_Matrix_ListsExtents() => Assert.Equal("[4, 512]", new Shape(4, 512).ToString());

    [Fact]
    public void View_OtherProduct_NamesBothShapes()
    {
        Tensor tensor = new(64, DType.F32, new Shape(2, 6));
        string message = Assert.Throws<ArgumentException>(() => tensor.View(5, 2)).Message;
        Assert.Contains("[2, 6]", message, StringComparison.Ordinal);
        Assert.Contains("[5, 2]", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Slice_Rows_MovesAddressByWholeRows()
    {
        Tensor rows = new Tensor(64, DType.BF16, new Shape(10, 6)).Slice(3, 2);
        Assert.Equal(64 + (3 * 6 * 2), rows.Address);
        Assert.Equal(new Shape(2, 6), rows.Shape);
    }

    [Fact]
    public void Slice_BehindTheEnd_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(static () => new Tensor(64, DType.F32, new Shape(4, 4)).Slice(3, 2));
}
