using LlavaCuda.Tensors;
using LlavaCuda.Trainer.Verification;

namespace LlavaCuda.Tests.Verification;

public class VerifyRowsTests
{
    private const int Count = 64;
    private const float Rate = 1e-3f;

    [Fact]
    public void Of_ErrorOfRoundingsSize_PassesAndThreeTimesThatDoesNot()
    {
        Assert.All(Rows(Noise(20, 0.01f)), static row => Assert.True(row.Passes, row.ToString()));
        Assert.Contains(Rows(Noise(20, 0.03f)), static row => !row.Passes);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Of_OneElementIsNotFinite_DoesNotPass(float value)
    {
        float[] values = Noise(20, 0.01f);
        values[3] = value;
        Assert.Contains(Rows(values), static row => !row.Passes);
    }

    // A twin that gives no number measures nothing.
    [Fact]
    public void Of_RoundingIsNotFinite_DoesNotPass()
    {
        Quantity exact = new("row", string.Empty, Noise(0, 0), Noise(0, 0));
        Quantity broken = exact with { Values = [.. exact.Values.Select(static _ => float.NaN)] };
        Assert.All(VerifyRows.Of([exact], [exact], [[broken], [broken]]), static row => Assert.False(row.Passes));
        Quantity infinite = exact with { Values = [.. exact.Values.Select(static _ => float.PositiveInfinity)] };
        Assert.All(VerifyRows.Of([exact], [exact], [[infinite], [infinite]]), static row => Assert.False(row.Passes));
    }

    // Adam moves an element by the whole rate whatever its gradient: one whose sign rounding turns goes the other way, on a right engine
    // too.
    [Fact]
    public void Of_UpdateWithoutAGradientAboveRoundingTurnsRound_Passes()
    {
        Assert.All(UpdateRows(element: 5), static row => Assert.True(row.Passes, row.ToString()));
        Assert.Contains(UpdateRows(element: 6), static row => !row.Passes);
    }

    [Fact]
    public void Of_NothingIsUpdated_DoesNotPass() => Assert.Contains(UpdateRows(null, frozen: true), static row => !row.Passes);

    [Fact]
    public void Of_EveryUpdateIsTooLarge_IsFoundInTheirSizeFirst()
    {
        List<VerifyRow> rows = UpdateRows(null, factor: 1.02f);
        Assert.False(rows.Single(static r => r.Name == "updates, size").Passes);
    }

    [Fact]
    public void OfTokens_AnotherToken_PassesWhereRoundingMakesUpForIt()
    {
        float[] logits = Noise(0, 0);
        logits[0] = 3;
        logits[1] = 2.99f;
        float[] Twin(int k) => [.. logits.Select((v, i) => v + (0.01f * (float)new CounterRandom((ulong)k, "draw").Normal((ulong)i)))];
        float[][][] draws = [.. Enumerable.Range(1, 8).Select(k => (float[][])[Twin(k)])];
        Assert.True(VerifyRows.OfTokens([0], [0], [logits], draws).Passes);
        Assert.True(VerifyRows.OfTokens([0], [1], [logits], draws).Passes);
        VerifyRow wrong = VerifyRows.OfTokens([0], [2], [logits], draws);
        Assert.False(wrong.Passes);
        Assert.Equal("token 0: 2, not 0", wrong.Worst);
    }

    private static float[] Noise(int seed, float size) =>
        [.. Enumerable.Range(0, Count).Select(i => (float)(Math.Sin(i + 1) + (size * new CounterRandom((ulong)seed, "noise").Normal((ulong)i))))];

    private static List<VerifyRow> Rows(float[] actual)
    {
        Quantity exact = new("row", string.Empty, Noise(0, 0), Noise(0, 0));
        Quantity[][] twins = [.. Enumerable.Range(1, 8).Select(k => (Quantity[])[exact with { Values = Noise(k, 0.01f) }])];
        return [.. VerifyRows.Of([exact with { Values = actual }], [exact], twins)];
    }

    // Element 5 has a gradient far below rounding, which in every other twin has another sign.
    private static List<VerifyRow> UpdateRows(int? element, bool frozen = false, float factor = 1)
    {
        float[] gradient = [.. Enumerable.Range(0, Count).Select(static i => i == 5 ? 1e-6f : MathF.Sin(i + 1) + (i % 2 == 0 ? 2 : -2))];
        float[] updates = Array.ConvertAll(gradient, static g => -Rate * MathF.Sign(g));
        Quantity Twin(int seed)
        {
            CounterRandom random = new((ulong)seed, "twin");
            float[] noisy = [.. gradient.Select((g, i) => g + (0.01f * (float)random.Normal((ulong)i)))];
            float[] moved = [.. noisy.Select((g, i) => -Rate * MathF.Sign(g) * (1 + (0.01f * (float)random.Normal((ulong)(i + Count)))))];
            return new Quantity("updates", "a weight", moved, updates) { Gradient = noisy, LastBits = [.. updates.Select(static _ => 1e-8f)] };
        }

        Quantity exact = Twin(0) with { Values = updates, Gradient = gradient };
        float[] actual = [.. Twin(1000).Values.Select((v, i) => frozen ? 0 : factor * (i == 5 ? updates[5] : v) * (i == element ? -1 : 1))];
        return [.. VerifyRows.Of([exact with { Values = actual }], [exact], [.. Enumerable.Range(1, 8).Select(k => (Quantity[])[Twin(k)])])];
    }
}
