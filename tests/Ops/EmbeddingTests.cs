using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class EmbeddingTests(Bed bed)
{
    private const int Vocabulary = 40;

    public static TheoryData<int, int> Sizes => OpSizes.RowsAndWidths();

    [Fact]
    public void Forward_TokensAndImages_AreSpliced()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(4, 2);
        Tensor table = test.Floats([1, 2, 3, 4, 5, 6], 3, 2);
        Tensor images = test.Floats([10, 20, 30, 40], 2, 2);
        Embedding.Forward(test.Device, x, table, images, test.Ints(2, -1, -2, 0));
        Assert.Equal([5, 6, 10, 20, 30, 40, 1, 2], test.Read(x));
    }

    [Fact]
    public void Forward_NoImages_ReadsTheTable()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(2, 2);
        Embedding.Forward(test.Device, x, test.Floats([1, 2, 3, 4], 2, 2), default, test.Ints(1, 1));
        Assert.Equal([3, 4, 3, 4], test.Read(x));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Forward_AnySize_CopiesRows(int rows, int width)
    {
        float[] table = bed.Normal(1, (long)Vocabulary * width);
        float[] images = bed.Normal(2, (long)rows * width);
        int[] source = [.. Enumerable.Range(0, rows).Select(row => row % 3 == 0 ? -1 - row : row * 7 % Vocabulary)];
        float[] expected = new float[rows * width];
        for (int row = 0; row < rows; row++)
        {
            float[] from = source[row] >= 0 ? table : images;
            int at = source[row] >= 0 ? source[row] : -1 - source[row];
            from.AsSpan(at * width, width).CopyTo(expected.AsSpan(row * width));
        }

        using OpTest test = new(bed);
        Tensor x = test.Poisoned(rows, width);
        Embedding.Forward(test.Device, x, test.Floats(table, Vocabulary, width), test.Floats(images, rows, width), test.Ints(source));
        Assert.Equal(expected, test.Read(x));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Backward_AnySize_AgreesWithDouble(int rows, int width)
    {
        Segments segments = new(rows);
        float[] dx = bed.Normal(1, (long)rows * width);
        float[] old = OpTest.Normal(2, (long)Vocabulary * width);
        double[] sums = new double[Vocabulary * width];
        for (int i = 0; i < dx.Length; i++)
        {
            int id = segments.Source[i / width];
            sums[(Math.Max(id, 0) * width) + (i % width)] += id >= 0 ? dx[i] : 0;
        }

        using OpTest test = new(bed);
        Tensor dtable = test.PoisonedSingles(Vocabulary, width);
        Tensor dxs = test.Floats(dx, rows, width);
        Tensor ids = test.Ints(segments.Ids);
        Tensor starts = test.Ints(segments.Starts);
        Tensor order = test.Ints(segments.Rows);
        Embedding.Backward(test.Device, dtable, dxs, ids, starts, order, accumulate: false);
        float[] actual = test.Read(dtable);
        test.AssertClose(sums, actual, Tolerance.WeightGradient, "dtable");
        for (int id = 0; id < Vocabulary; id++)
        {
            Assert.Equal(segments.Ids.Contains(id), actual.AsSpan(id * width, width).ContainsAnyExcept(0f));
        }

        test.Write(dtable, old);
        Embedding.Backward(test.Device, dtable, dxs, ids, starts, order, accumulate: true);
        test.AssertClose([.. sums.Zip(old, (sum, before) => sum + before)], test.Read(dtable), Tolerance.WeightGradient, "dtable, added to");
    }

    [Fact]
    public void Backward_OneTokenInAllRows_StaysAccurate()
    {
        const int Rows = 20_000;
        float[] dx = bed.Rounded(OpTest.Normal(1, Rows * 3).Select(value => value + 1));
        double[] expected = new double[6];
        for (int i = 0; i < dx.Length; i++)
        {
            expected[3 + (i % 3)] += dx[i];
        }

        using OpTest test = new(bed);
        Tensor dtable = test.PoisonedSingles(2, 3);
        Embedding.Backward(test.Device, dtable, test.Floats(dx, Rows, 3), test.Ints(1), test.Ints(0, Rows), test.Ints([.. Enumerable.Range(0, Rows)]), accumulate: false);
        test.AssertClose(expected, test.Read(dtable), 1e-6, "dtable");
    }

    [Fact]
    public void Backward_AnyThreads_GivesTheSameBits()
    {
        Segments segments = new(577);
        float[] dx = bed.Normal(1, 577 * 300);
        OpTest.AssertSameBits(bed, test =>
        {
            Tensor dtable = test.PoisonedSingles(Vocabulary, 300);
            Tensor ids = test.Ints(segments.Ids);
            Embedding.Backward(test.Device, dtable, test.Floats(dx, 577, 300), ids, test.Ints(segments.Starts), test.Ints(segments.Rows), accumulate: false);
            return test.Read(dtable);
        });
    }

    [Fact]
    public void ForwardBackward_Warm_AllocateNothing()
    {
        Segments segments = new(577);
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(577, 300);
        Tensor table = test.Floats(bed.Normal(1, Vocabulary * 300), Vocabulary, 300);
        Tensor images = test.Floats(bed.Normal(2, 577 * 300), 577, 300);
        Tensor dtable = test.PoisonedSingles(Vocabulary, 300);
        Tensor source = test.Ints(segments.Source);
        Tensor ids = test.Ints(segments.Ids);
        Tensor starts = test.Ints(segments.Starts);
        Tensor rows = test.Ints(segments.Rows);
        Allocations.AssertNone(() =>
        {
            Embedding.Forward(test.Device, x, table, images, source);
            Embedding.Backward(test.Device, dtable, x, ids, starts, rows, accumulate: false);
        });
    }

    [Fact]
    public void ForwardBackward_WrongExtents_NameBoth()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(2, 4);
        Tensor table = test.Poisoned(9, 5);
        Tensor two = test.Ints(0, 1);
        Tensor three = test.Ints(0, 1, 2);
        Tensor dtable = test.PoisonedSingles(2, 4);
        string message = Assert.Throws<ArgumentException>("table", () => Embedding.Forward(test.Device, x, table, default, two)).Message;
        Assert.Contains("[9, 5]", message, StringComparison.Ordinal);
        Assert.Contains("[9, 4]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("source", () => Embedding.Forward(test.Device, x, x, default, three));
        Assert.Throws<ArgumentException>("images", () => Embedding.Forward(test.Device, x, x, table, two));
        Assert.Throws<ArgumentException>("starts", () => Embedding.Backward(test.Device, dtable, x, two, two, two, accumulate: false));
        Assert.Throws<ArgumentException>("dtable", () => Embedding.Backward(test.Device, test.PoisonedSingles(9, 5), x, two, three, two, accumulate: false));
    }

    /// <summary>Rows sorted by token, as the data loader sorts them; every third row is an image's and belongs to no token.</summary>
    private sealed class Segments
    {
        internal Segments(int rows)
        {
            Source = [.. Enumerable.Range(0, rows).Select(row => row % 3 == 2 ? -1 - row : row * row % 23)];
            Ids = [.. Source.Where(id => id >= 0).Distinct().Order()];
            Rows = [.. Enumerable.Range(0, rows).Where(row => Source[row] >= 0).OrderBy(row => Source[row])];
            Starts = [.. Ids.Select(id => Array.FindIndex(Rows, row => Source[row] == id)), Rows.Length];
        }

        internal int[] Source { get; }

        internal int[] Ids { get; }

        internal int[] Starts { get; }

        internal int[] Rows { get; }
    }
}

public sealed class EmbeddingCpuTests() : EmbeddingTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class EmbeddingCudaTests() : EmbeddingTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class EmbeddingBf16Tests() : EmbeddingTests(Bed.CudaBf16);
