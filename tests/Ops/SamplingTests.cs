using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class SamplingTests(Bed bed)
{
    // What another rounding of a sum of probabilities may turn: none on the CPU, where sums are the twin's.
    private double Doubtful => bed.IsCuda ? 1e-5 : 0;

    public static TheoryData<int> Vocabularies => [1, 2, 31, 32, 33, 200, 1000, 1024, 2056, 4099];

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Forward_AnyVocabulary_ChoosesAsTheTwin(int vocabulary)
    {
        TokenDraw[] draws = [.. Kinds().SelectMany((kind, i) => Enumerable.Range(0, 3).Select(k => kind with { Uniform = new CounterRandom(7, "draws").Uniform((ulong)((3 * i) + k)) }))];
        Case c = new(bed, vocabulary, draws);
        int[] ids = c.Choose();
        int certain = 0;
        for (int row = 0; row < ids.Length; row++)
        {
            SamplingTwin twin = new(c.Row(row), c.Forbidden, draws[row]);
            if (twin.Margin >= Doubtful)
            {
                Assert.True(twin.Id == ids[row], $"Row {row}, {draws[row]}: {ids[row]}, expected {twin.Id}.");
                certain++;
            }
        }

        Assert.InRange(certain, draws.Length * 3 / 4, draws.Length);
    }

    [Fact]
    public void Forward_EvenlySpacedNumbers_GiveEveryTokenItsShare()
    {
        const int Rows = 60;
        float[] logits = [0, 2, 2, -1, 1];
        double sum = logits.Sum(static z => Math.Exp(z / 2));
        foreach (double topP in (double[])[1, 0.999])
        {
            TokenDraw[] draws = [.. Enumerable.Range(0, Rows).Select(i => new TokenDraw((i + 0.5) / Rows, 2, 0, topP))];
            using OpTest test = new(bed);
            Tensor ids = test.Ints(new int[Rows]);
            Sampling.Forward(test.Device, ids, test.Floats([.. Enumerable.Repeat(logits, Rows).SelectMany(static l => l)], Rows, logits.Length), test.Draws(draws));
            int[] chosen = ReadIds(test, ids);
            for (int id = 0; id < logits.Length; id++)
            {
                Assert.InRange(chosen.Count(i => i == id) - (Rows * Math.Exp(logits[id] / 2) / sum), -1, 1);
            }
        }
    }

    [Fact]
    public void Forward_TopP_TakesTheFewestThatReachIt()
    {
        // Four tokens of a quarter each: a half is reached by two of them, anything above by three.
        using OpTest test = new(bed);
        TokenDraw[] draws = [new(0.999, 1, 0, 0.5), new(0.999, 1, 0, 0.501), new(0.999, 1, 0, 1e-30), new(0.999, 1, 3, 0.5), new(0, 1, 0, 0.5), new(0.999, 1, 2, 1)];
        Tensor ids = test.Ints(new int[draws.Length]);
        Sampling.Forward(test.Device, ids, test.Floats([.. Enumerable.Repeat(1.5f, 4 * draws.Length)], draws.Length, 4), test.Draws(draws));
        Assert.Equal([1, 2, 0, 1, 0, 1], ReadIds(test, ids));
    }

    [Fact]
    public void Forward_ExtremeTemperatures_StayInBounds()
    {
        using OpTest test = new(bed);
        TokenDraw[] draws = [new(0.999, 1e-300, 0, 1), new(0.999, 1e-300, 0, 0.5), new(0.999, 1e300, 0, 1), new(0.999, 1e300, 3, 1)];
        float[] row = [1, 9, 3, 2, -4];
        Tensor ids = test.Ints(new int[draws.Length]);
        Sampling.Forward(test.Device, ids, test.Floats([.. draws.SelectMany(_ => row)], draws.Length, row.Length), test.Draws(draws), test.Ints(1 << 1));
        Assert.Equal([2, 2, 4, 3], ReadIds(test, ids));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Forward_LogitThatIsNotFinite_GivesNoToken(float bad)
    {
        // In one row of two, at each place; forbidden, it does no harm.
        using OpTest test = new(bed);
        foreach (int vocabulary in (int[])[1, 5, 8, 1030])
        {
            foreach (int place in (int[])[0, vocabulary / 2, vocabulary - 1])
            {
                float[] logits = [.. Enumerable.Range(0, 2 * vocabulary).Select(static i => (float)(i % 3))];
                logits[vocabulary + place] = bad;
                int[] bits = new int[(vocabulary + 31) / 32];
                foreach (TokenDraw draw in Kinds())
                {
                    Tensor ids = test.Ints(7, 7);
                    Sampling.Forward(test.Device, ids, test.Floats(logits, 2, vocabulary), test.Draws(draw, draw), test.Ints(bits));
                    int[] chosen = ReadIds(test, ids);
                    Assert.InRange(chosen[0], 0, vocabulary - 1);
                    Assert.Equal(-1, chosen[1]);
                    if (vocabulary > 1)
                    {
                        int[] forbidding = [.. bits];
                        forbidding[place / 32] |= 1 << (place % 32);
                        Sampling.Forward(test.Device, ids, test.Floats(logits, 2, vocabulary), test.Draws(draw, draw), test.Ints(forbidding));
                        Assert.InRange(ReadIds(test, ids)[1], 0, vocabulary - 1);
                    }
                }
            }
        }
    }

    [Fact]
    public void Forward_AnyThreads_GiveTheSameIds() => OpTest.AssertSameBits(bed, test =>
    {
        Case c = new(bed, 1030, [.. Kinds()]);
        return [.. c.Choose(test).Select(static id => (float)id)];
    });

    [Fact]
    public void Forward_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed, threads: 1);
        Case c = new(bed, 300, [.. Kinds()]);
        Allocations.AssertNone(c.Prepare(test).Run);
    }

    [Fact]
    public void Forward_WrongTensors_AreRefused()
    {
        using OpTest test = new(bed);
        Tensor logits = test.Floats(new float[2 * 40], 2, 40);
        Assert.Throws<ArgumentException>(() => Sampling.Forward(test.Device, test.Ints(0), logits, test.Draws(default, default)));
        Assert.Throws<ArgumentException>(() => Sampling.Forward(test.Device, test.Ints(0, 0), logits, test.Draws(default(TokenDraw))));
        Assert.Throws<ArgumentException>(() => Sampling.Forward(test.Device, test.Ints(0, 0), logits, test.Draws(default, default), test.Ints(0)));
    }

    private static IEnumerable<TokenDraw> Kinds() =>
    [
        new(0.3, 0, 0, 1), new(0.3, 1, 0, 1), new(0.6, 0.5, 5, 1), new(0.9, 2, 0, 0.9), new(0.7, 1, 40, 0.7), new(0.2, 0.1, 0, 0.5), new(0.8, 0.05, 1, 1), new(0.4, 300, 3, 0.2), new(0.999999, 20, 0, 0.99999),
    ];

    private static int[] ReadIds(OpTest test, Tensor ids)
    {
        int[] values = new int[ids.Count];
        test.Device.CopyToHost<int>(values, ids);
        return values;
    }

    /// <summary>Rows of logits, some with many equal ones, and a seventh of the tokens forbidden.</summary>
    private sealed class Case
    {
        private readonly Bed _bed;
        private readonly int _vocabulary;
        private readonly TokenDraw[] _draws;
        private readonly float[] _logits;
        private readonly int[] _bits;

        internal Case(Bed bed, int vocabulary, TokenDraw[] draws)
        {
            _bed = bed;
            _vocabulary = vocabulary;
            _draws = draws;
            float[] logits = OpTest.Normal(vocabulary, (long)vocabulary * draws.Length, 3);
            _logits = bed.Rounded(logits.Select((z, i) => (i / vocabulary % 5) switch { 1 => MathF.Round(z), 3 => 0.01f * z, 4 => 1.5f, _ => z }));
            Forbidden = Enumerable.Range(1, vocabulary - 1).Where(static id => id % 7 == 3 || id % 32 == 31).ToHashSet();
            _bits = new int[(vocabulary + 31) / 32];
            foreach (int id in Forbidden)
            {
                _bits[id / 32] |= 1 << (id % 32);
            }
        }

        internal HashSet<int> Forbidden { get; }

        internal ReadOnlySpan<float> Row(int row) => _logits.AsSpan(row * _vocabulary, _vocabulary);

        internal int[] Choose()
        {
            using OpTest test = new(_bed);
            return Choose(test);
        }

        internal int[] Choose(OpTest test)
        {
            (Action run, Tensor ids) = Prepare(test);
            run();
            return ReadIds(test, ids);
        }

        internal (Action Run, Tensor Ids) Prepare(OpTest test)
        {
            int[] unwritten = [.. Enumerable.Repeat(-1, _draws.Length)];
            Tensor ids = test.Ints(unwritten);
            Tensor logits = test.Floats(_logits, _draws.Length, _vocabulary);
            Tensor draws = test.Draws(_draws);
            Tensor forbidden = test.Ints(_bits);
            return (() => Sampling.Forward(test.Device, ids, logits, draws, forbidden), ids);
        }
    }
}

public sealed class SamplingCpuTests() : SamplingTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class SamplingCudaTests() : SamplingTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class SamplingBf16Tests() : SamplingTests(Bed.CudaBf16);
