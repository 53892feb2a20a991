using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class CachedAttentionTests(Bed bed)
{
    public static TheoryData<int[], int[], int, int, int> Shapes => new()
    {
        { [0], [1], 1, 1, 2 },
        { [1], [1], 2, 1, 6 },
        { [255], [1], 2, 2, 16 },
        { [256], [1], 4, 1, 64 },
        { [700], [1], 2, 1, 80 },
        { [511], [8], 4, 2, 20 },
        { [250], [9], 2, 2, 128 },
        { [0], [200], 4, 2, 32 },
        { [129], [300], 2, 1, 16 },
        { [300, 0, 7, 40], [1, 5, 0, 1], 2, 1, 16 },
        { [300, 0, 70, 5], [1, 65, 200, 0], 4, 2, 8 },
        { [0, 0], [0, 0], 1, 1, 4 },
    };

    [Fact]
    public void Forward_EqualKeys_AveragesTheValues()
    {
        using OpTest test = new(bed);
        Case c = new(test, [0], [3], new AttentionShape(1, 1, 1, true), [1, 0, 2, 3, 0, 4, 5, 0, 9]);
        c.AppendAll();
        CachedAttention.Forward(test.Device, c.O, c.New, c.Keys, c.Values, c.Starts, c.Past, c.Shape);
        test.AssertClose([2, 3, 5], test.Read(c.O), Tolerance.Attention.OnCpu(1e-7), "o");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Append_AnyShape_CopiesToItsPlaceOnly(int[] past, int[] added, int heads, int kvHeads, int headSize)
    {
        using OpTest test = new(bed);
        Case c = new(test, past, added, new AttentionShape(heads, kvHeads, headSize, true));
        c.AppendAll();
        float[] keys = new float[c.Keys.Count];
        float[] values = new float[c.Keys.Count];
        for (int at = 0; at < keys.Length; at++)
        {
            int row = at / headSize % Case.Capacity;
            int kvHead = at / headSize / Case.Capacity % kvHeads;
            int sequence = at / headSize / Case.Capacity / kvHeads;
            bool filled = row < past[sequence] + added[sequence];
            int source = filled ? ((c.FirstOfAll[sequence] + row) * c.Shape.QkvSize) + ((heads + kvHead) * headSize) + (at % headSize) : 0;
            keys[at] = filled ? c.All[source] : float.NaN;
            values[at] = filled ? c.All[source + (kvHeads * headSize)] : float.NaN;
        }

        Assert.True(keys.AsSpan().SequenceEqual(test.Read(c.Keys)), "The keys are not as expected.");
        Assert.True(values.AsSpan().SequenceEqual(test.Read(c.Values)), "The values are not as expected.");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_AnyShape_EqualsNaive(int[] past, int[] added, int heads, int kvHeads, int headSize)
    {
        using OpTest test = new(bed);
        Case c = new(test, past, added, new AttentionShape(heads, kvHeads, headSize, true));
        c.AppendAll();
        CachedAttention.Forward(test.Device, c.O, c.New, c.Keys, c.Values, c.Starts, c.Past, c.Shape);
        double[] all = new AttentionTwin([.. c.All], c.FirstOfAll, c.Shape).O;
        List<double> expected = [];
        for (int i = 0; i < past.Length; i++)
        {
            expected.AddRange(all[((c.FirstOfAll[i] + past[i]) * c.Shape.OutputSize)..(c.FirstOfAll[i + 1] * c.Shape.OutputSize)]);
        }

        test.AssertClose([.. expected], test.Read(c.O), Tolerance.Attention, "o");
    }

    [Fact]
    public void Forward_AnyThreads_SameBits() => OpTest.AssertSameBits(bed, test =>
    {
        Case c = new(test, [600, 0], [2, 250], new AttentionShape(2, 1, 16, true));
        c.AppendAll();
        CachedAttention.Forward(test.Device, c.O, c.New, c.Keys, c.Values, c.Starts, c.Past, c.Shape);
        return test.Read(c.O);
    });

    [Fact]
    public void AppendForward_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed, 1);
        Case c = new(test, [600, 0], [1, 100], new AttentionShape(2, 1, 16, true));
        c.AppendAll();
        OpTest.AssertAllocatesNothing(() =>
        {
            CachedAttention.Append(test.Device, c.Keys, c.Values, c.New, c.Starts, c.Past, c.Shape);
            CachedAttention.Forward(test.Device, c.O, c.New, c.Keys, c.Values, c.Starts, c.Past, c.Shape);
        });
    }

    /// <summary>Sequences of which some rows are in the cache already. What nobody may read is not-a-number: unused cache rows, and keys and values of new rows at the forward pass.</summary>
    private sealed class Case
    {
        internal const int Capacity = 800;
        private readonly OpTest _test;
        private readonly int[] _past;
        private readonly int[] _added;
        private readonly Tensor _appended;

        internal Case(OpTest test, int[] past, int[] added, AttentionShape shape, float[]? all = null)
        {
            _test = test;
            _past = past;
            _added = added;
            Shape = shape;
            FirstOfAll = Starting([.. past.Zip(added, (a, b) => a + b)]);
            All = all ?? test.Bed.Normal(past[0] + added[0], (long)FirstOfAll[^1] * shape.QkvSize, 1.5);
            Keys = test.Poisoned(past.Length, shape.KvHeads, Capacity, shape.HeadSize);
            Values = test.Poisoned(past.Length, shape.KvHeads, Capacity, shape.HeadSize);
            Starts = test.Ints(Starting(added));
            Past = test.Ints(past);
            O = test.Poisoned(added.Sum(), shape.OutputSize);
            float[] rows = Rows(past, added);
            _appended = test.Floats(rows, added.Sum(), shape.QkvSize);
            New = test.Floats([.. rows.Select((v, i) => i % shape.QkvSize < shape.OutputSize ? v : float.NaN)], added.Sum(), shape.QkvSize);
        }

        internal AttentionShape Shape { get; }

        internal int[] FirstOfAll { get; }

        internal float[] All { get; }

        internal Tensor Keys { get; }

        internal Tensor Values { get; }

        internal Tensor Starts { get; }

        internal Tensor Past { get; }

        internal Tensor New { get; }

        internal Tensor O { get; }

        /// <summary>First the past, then the new rows.</summary>
        internal void AppendAll()
        {
            int[] none = new int[_past.Length];
            Tensor before = _test.Floats(Rows(none, _past), _past.Sum(), Shape.QkvSize);
            CachedAttention.Append(_test.Device, Keys, Values, before, _test.Ints(Starting(_past)), _test.Ints(none), Shape);
            CachedAttention.Append(_test.Device, Keys, Values, _appended, Starts, Past, Shape);
        }

        private static int[] Starting(int[] lengths)
        {
            int[] starts = new int[lengths.Length + 1];
            for (int i = 0; i < lengths.Length; i++)
            {
                starts[i + 1] = starts[i] + lengths[i];
            }

            return starts;
        }

        private float[] Rows(int[] skip, int[] take)
        {
            List<float> rows = [];
            for (int i = 0; i < take.Length; i++)
            {
                int start = (FirstOfAll[i] + skip[i]) * Shape.QkvSize;
                rows.AddRange(All.AsSpan(start, take[i] * Shape.QkvSize));
            }

            return [.. rows];
        }
    }
}

public sealed class CachedAttentionCpuTests() : CachedAttentionTests(Bed.Cpu);
