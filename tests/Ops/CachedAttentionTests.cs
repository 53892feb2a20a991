using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;

namespace LlavaCuda.Tests.Ops;

public abstract class CachedAttentionTests(Bed bed)
{
    public static TheoryData<int[], int[], int, int, int> Shapes => new()
    {
        { [0], [1], 1, 1, 2 },
        { [1], [1], 2, 1, 6 },
        { [31], [1], 2, 2, 128 },
        { [32], [1], 8, 2, 32 },
        { [63], [1], 6, 1, 20 },
        { [64], [1], 2, 1, 256 },
        { [127], [1], 3, 1, 128 },
        { [255], [1], 2, 2, 16 },
        { [256], [1], 4, 1, 64 },
        { [700], [1], 2, 1, 80 },
        { [40, 99, 3], [1, 1, 1], 4, 2, 64 },
        { [5, 0, 77], [1, 0, 1], 2, 2, 80 },
        { [31], [2], 2, 1, 256 },
        { [70], [130], 2, 1, 64 },
        { [65, 0, 1], [1, 64, 63], 2, 2, 64 },
        { [300], [65], 4, 2, 128 },
        { [0], [33], 2, 2, 80 },
        { [40], [64], 2, 1, 20 },
        { [1], [65], 3, 3, 6 },
        { [511], [8], 4, 2, 20 },
        { [250], [9], 2, 2, 128 },
        { [0], [200], 4, 2, 32 },
        { [129], [300], 2, 1, 16 },
        { [300, 0, 7, 40], [1, 5, 0, 1], 2, 1, 16 },
        { [300, 0, 70, 5], [1, 65, 200, 0], 4, 2, 8 },
        { [0, 0], [0, 0], 1, 1, 4 },
    };

    /// <summary>Gets rows before, new rows, query heads, key-value heads, head sizes, and rows of the cache that stay free.</summary>
    public static TheoryData<int[], int[], int, int, int, int> Appended => new()
    {
        { [0], [1], 2, 1, 128, 3 },
        { [31, 32], [1, 1], 2, 2, 64, 3 },
        { [300, 0, 127], [1, 1, 1], 4, 2, 80, 0 },
        { [63, 64, 65], [1, 1, 1], 7, 1, 128, 3 },
        { [5], [1], 4, 4, 20, 3 },
        { [40, 7], [1, 1], 2, 1, 6, 3 },
        { [100], [1], 2, 1, 256, 0 },
        { [40, 0], [5, 5], 4, 2, 32, 3 },
        { [5, 9, 77], [1, 0, 1], 2, 1, 64, 3 },
        { [0, 44, 128, 63], [0, 1, 0, 1], 8, 1, 128, 0 },
        { [511], [1], 8, 1, 64, 0 },
        { [0, 16, 256], [1, 1, 1], 2, 2, 16, 0 },
    };

    [Fact]
    public void Forward_EqualKeys_AveragesTheValues()
    {
        using OpTest test = new(bed);
        Case c = new(test, [0], [3], new AttentionShape(1, 1, 1, true), [1, 0, 2, 3, 0, 4, 5, 0, 9]);
        c.AppendAll();
        CachedAttention.Forward(test.Device, c.O, c.New, c.Keys, c.Values, c.Starts, c.Past, c.MaxLength, c.Shape);
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
    [InlineData(1, 16)]
    [InlineData(5, 64)]
    [InlineData(3, 20)]
    public void Append_WithAngles_RotatesFirst(int added, int headSize)
    {
        AttentionShape shape = new(4, 2, headSize, true);
        int[] past = [7, 0, 2];
        int[] starts = [0, added, added, 2 * added];
        int[] positions = [.. Enumerable.Range(past[0], added), .. Enumerable.Range(past[2], added)];
        float[] cos = new float[32 * headSize / 2];
        float[] sin = new float[cos.Length];
        Rope.FillTable(cos, sin, headSize, 100);
        float[] values = bed.Normal(1, 2L * added * shape.QkvSize);
        using OpTest test = new(bed);
        Rotary rotary = new(test.Singles(cos, 32, headSize / 2), test.Singles(sin, 32, headSize / 2), test.Ints(positions));
        Tensor expected = test.Floats(values, 2 * added, shape.QkvSize);
        Rope.Forward(test.Device, expected, rotary, shape);

        Tensor qkv = test.Floats(values, 2 * added, shape.QkvSize);
        Tensor keys = test.Poisoned(3, 2, 16, headSize);
        Tensor cached = test.Poisoned(3, 2, 16, headSize);
        CachedAttention.Append(test.Device, keys, cached, qkv, rotary, test.Ints(starts), test.Ints(past), shape);
        float[] rows = test.Read(expected);
        Assert.Equal(rows, test.Read(qkv));
        float[] thirdOfSecondHead = test.Read(keys)[(((5 * 16) + 2) * headSize)..(((5 * 16) + 3) * headSize)];
        Assert.Equal(rows[((added * shape.QkvSize) + (5 * headSize))..((added * shape.QkvSize) + (6 * headSize))], thirdOfSecondHead);
        float[] firstValue = test.Read(cached)[(7 * headSize)..(8 * headSize)];
        Assert.Equal(rows[(6 * headSize)..(7 * headSize)], firstValue);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_AnyShape_EqualsNaive(int[] past, int[] added, int heads, int kvHeads, int headSize)
    {
        using OpTest test = new(bed);
        Case c = new(test, past, added, new AttentionShape(heads, kvHeads, headSize, true));
        c.AppendAll();
        CachedAttention.Forward(test.Device, c.O, c.New, c.Keys, c.Values, c.Starts, c.Past, c.MaxLength, c.Shape);
        double[] all = new AttentionTwin([.. c.All], c.FirstOfAll, c.Shape).O;
        List<double> expected = [];
        for (int i = 0; i < past.Length; i++)
        {
            expected.AddRange(all[((c.FirstOfAll[i] + past[i]) * c.Shape.OutputSize)..(c.FirstOfAll[i + 1] * c.Shape.OutputSize)]);
        }

        test.AssertClose([.. expected], test.Read(c.O), Tolerance.Attention, "o");
    }

    [Theory]
    [MemberData(nameof(Appended))]
    public void AppendForward_AnyShape_EqualsAppendAndForward(int[] past, int[] added, int heads, int kvHeads, int headSize, int room)
    {
        AttentionShape shape = new(heads, kvHeads, headSize, true);
        int capacity = past.Zip(added, static (p, a) => p + a).Max() + room;
        using OpTest separate = new(bed);
        (float[] expected, float[] expectedKeys, float[] expectedValues) = Decode(separate, past, added, shape, capacity, rotated: true, (device, s) =>
        {
            CachedAttention.Append(device, s.Keys, s.Values, s.Qkv, s.Rotary, s.Starts, s.Past, shape);
            CachedAttention.Forward(device, s.O, s.Qkv, s.Keys, s.Values, s.Starts, s.Past, added.Max(), shape);
        });

        // Threads of one order may find in the cache what others have just put there; those of the other order find what was there before.
        foreach (Emulator.Order order in bed.IsCuda ? [Emulator.Order.Forward, Emulator.Order.Reverse] : (Emulator.Order[])[Emulator.Order.Forward])
        {
            using OpTest test = bed.IsCuda ? new(bed, CudaDevices.Rent(bed.Type, order)) : new(bed);
            (float[] o, float[] keys, float[] values) = Decode(test, past, added, shape, capacity, rotated: true, (device, s) =>
                CachedAttention.AppendForward(device, s.O, s.Keys, s.Values, s.Qkv, s.Rotary, s.Starts, s.Past, added.Max(), shape));
            bed.AssertClose(Doubles(expected), o, Tolerance.Attention.OnCpu(0), "o");
            Assert.Equal(expectedValues, values);
            Assert.Equal(expectedKeys.Select(float.IsNaN), keys.Select(float.IsNaN));
            bed.AssertClose(Doubles([.. expectedKeys.Where(float.IsFinite)]), [.. keys.Where(float.IsFinite)], Tolerance.Elementwise.OnCpu(0), "keys");
        }
    }

    // A wide head leaves angles that are not-a-number where those of a narrow one have no elements: they must not enter, not even multiplied by zero.
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void AppendForward_ElementsBeyondTheHead_AreNotTurned(int heads)
    {
        const int Capacity = 8;
        using OpTest test = new(bed);
        Assert.All(Turned(256, float.NaN), static value => Assert.True(float.IsNaN(value)));
        Assert.All(Turned(144, 0.5f), static value => Assert.True(float.IsFinite(value)));

        float[] Turned(int headSize, float angle)
        {
            AttentionShape shape = new(heads, 1, headSize, true);
            Tensor angles = test.Singles([.. Enumerable.Repeat(angle, Capacity * headSize / 2)], Capacity, headSize / 2);
            Tensor cache = test.Floats(bed.Normal(1, Capacity * headSize), 1, 1, Capacity, headSize);
            Tensor values = test.Floats(bed.Normal(2, Capacity * headSize), 1, 1, Capacity, headSize);
            Tensor o = test.Poisoned(1, shape.OutputSize);
            Tensor qkv = test.Floats(bed.Normal(3, shape.QkvSize), 1, shape.QkvSize);
            CachedAttention.AppendForward(test.Device, o, cache, values, qkv, new(angles, angles, test.Ints(5)), test.Ints(0, 1), test.Ints(5), maxLength: 1, shape);
            return test.Read(o);
        }
    }

    [Theory]
    [InlineData(new[] { 8191, 130 }, 1, 1, 136)]
    [InlineData(new[] { 4300, 2500 }, 4, 1, 144)]
    public void AppendForward_LargeDevice_JoinsManySplits(int[] past, int heads, int kvHeads, int headSize)
    {
        const int Multiprocessors = 132;
        Assert.SkipWhen(!bed.IsCuda, "The CPU does not split keys.");
        AttentionShape shape = new(heads, kvHeads, headSize, true);
        int[] added = [.. past.Select(static _ => 1)];
        using OpTest reference = new(Bed.Cpu);
        using OpTest test = new(bed, CudaDevices.Rent(bed.Type, Emulator.Order.Forward, Multiprocessors));
        float[] expected = Append(reference);
        bed.AssertClose(Doubles(expected), Append(test), Tolerance.Attention, "o");

        float[] Append(OpTest on) => Decode(on, past, added, shape, past.Max() + 1, rotated: false, (device, s) =>
            CachedAttention.AppendForward(device, s.O, s.Keys, s.Values, s.Qkv, s.Rotary, s.Starts, s.Past, maxLength: 1, shape)).O;
    }

    [Fact]
    public void Forward_AnyThreads_SameBits() => OpTest.AssertSameBits(bed, test =>
    {
        Case c = new(test, [600, 0], [2, 250], new AttentionShape(2, 1, 16, true));
        c.AppendAll();
        CachedAttention.Forward(test.Device, c.O, c.New, c.Keys, c.Values, c.Starts, c.Past, c.MaxLength, c.Shape);
        Case one = new(test, [300, 40], [1, 1], new AttentionShape(4, 2, 32, true));
        one.AppendAll();
        CachedAttention.Forward(test.Device, one.O, one.New, one.Keys, one.Values, one.Starts, one.Past, one.MaxLength, one.Shape);
        return [.. test.Read(c.O), .. test.Read(one.O)];
    });

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void AppendForward_Warm_AllocatesNothing(int added)
    {
        using OpTest test = new(bed, 1);
        Case c = new(test, [600, 0], [1, added], new AttentionShape(2, 1, 16, true));
        c.AppendAll();
        Allocations.AssertNone(() => CachedAttention.AppendForward(test.Device, c.O, c.Keys, c.Values, c.New, default, c.Starts, c.Past, c.MaxLength, c.Shape));
    }

    private static double[] Doubles(float[] values) => [.. values.Select(static v => (double)v)];

    // Attends twice in the same place, each time for other rows: the second time finds what the first has left behind, in counters, scratch memory and the cache's new rows.
    private (float[] O, float[] Keys, float[] Values) Decode(
        OpTest test, int[] past, int[] added, AttentionShape shape, int capacity, bool rotated, Action<Device, Rows> attend)
    {
        float[] cos = new float[capacity * shape.HeadSize / 2];
        float[] sin = new float[cos.Length];
        Rope.FillTable(cos, sin, shape.HeadSize, 100);
        int[] positions = [.. past.Zip(added, Enumerable.Range).SelectMany(static p => p)];
        int[] starts = [.. Enumerable.Range(0, past.Length + 1).Select(i => added.Take(i).Sum())];
        float[] cached = bed.Normal(2, (long)past.Length * shape.KvHeads * capacity * shape.HeadSize);
        for (int i = 0; i < cached.Length; i++)
        {
            int row = i / shape.HeadSize % capacity;
            cached[i] = row < past[i / shape.HeadSize / capacity / shape.KvHeads] ? cached[i] : float.NaN;
        }

        Rows rows = new(
            test.Poisoned(positions.Length, shape.OutputSize),
            test.Poisoned(past.Length, shape.KvHeads, capacity, shape.HeadSize),
            test.Poisoned(past.Length, shape.KvHeads, capacity, shape.HeadSize),
            test.Poisoned(positions.Length, shape.QkvSize),
            rotated ? new(test.Singles(cos, capacity, shape.HeadSize / 2), test.Singles(sin, capacity, shape.HeadSize / 2), test.Ints(positions)) : default,
            test.Ints(starts),
            test.Ints(past));
        test.Device.WriteFloats(rows.Keys, cached);
        test.Device.WriteFloats(rows.Values, cached);
        for (int again = 0; again < 2; again++)
        {
            test.Write(rows.Qkv, bed.Normal(1 + again, (long)positions.Length * shape.QkvSize));
            test.Poison(rows.O);
            attend(test.Device, rows);
        }

        return (test.Read(rows.O), test.Read(rows.Keys), test.Read(rows.Values));
    }

    /// <summary>New rows and the cache they go into.</summary>
    private sealed record Rows(Tensor O, Tensor Keys, Tensor Values, Tensor Qkv, Rotary Rotary, Tensor Starts, Tensor Past);

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
            float[] rows = Packed(past, added);
            _appended = test.Floats(rows, added.Sum(), shape.QkvSize);
            New = test.Floats([.. rows.Select((v, i) => i % shape.QkvSize < shape.OutputSize ? v : float.NaN)], added.Sum(), shape.QkvSize);
        }

        internal AttentionShape Shape { get; }

        internal int MaxLength => _added.Max();

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
            Tensor before = _test.Floats(Packed(none, _past), _past.Sum(), Shape.QkvSize);
            CachedAttention.Append(_test.Device, Keys, Values, before, default, _test.Ints(Starting(_past)), _test.Ints(none), Shape);
            CachedAttention.Append(_test.Device, Keys, Values, _appended, default, Starts, Past, Shape);
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

        private float[] Packed(int[] skip, int[] take)
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

[Trait("Category", "Emulator")]
public sealed class CachedAttentionCudaTests() : CachedAttentionTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class CachedAttentionBf16Tests() : CachedAttentionTests(Bed.CudaBf16);
