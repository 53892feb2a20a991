using LlavaCuda.Devices;

namespace LlavaCuda.Tests.Ops;

/// <summary>The choice of a token, written down as it is meant: sorted by falling probability, cut, added up.</summary>
internal sealed class SamplingTwin
{
    internal SamplingTwin(ReadOnlySpan<float> logits, IReadOnlySet<int> forbidden, TokenDraw draw)
    {
        float[] allowed = [.. logits.ToArray().Select((z, id) => forbidden.Contains(id) ? float.NegativeInfinity : z)];
        float highest = allowed.Max();
        Id = Array.IndexOf(allowed, highest);
        if (draw.Temperature == 0)
        {
            return;
        }

        double[] mass = [.. allowed.Select(z => Math.Exp((z - highest) / draw.Temperature))];
        IEnumerable<int> order = Enumerable.Range(0, mass.Length);
        if (draw.TopK > 0 || draw.TopP < 1)
        {
            order = Cut([.. order.OrderByDescending(id => mass[id])], mass, draw);
        }

        double target = draw.Uniform * order.Sum(id => mass[id]);
        double sum = mass.Sum();
        foreach (int id in order)
        {
            Id = id;
            Margin = Math.Min(Margin, Math.Abs(target - mass[id]) / sum);
            target -= mass[id];
            if (target < 0)
            {
                break;
            }
        }
    }

    /// <summary>Gets the token.</summary>
    internal int Id { get; private set; }

    /// <summary>Gets how close the decision was, as a share of all probability: another rounding of the sums could turn it when this is next to nothing.</summary>
    internal double Margin { get; private set; } = 1;

    private List<int> Cut(int[] falling, double[] mass, TokenDraw draw)
    {
        int[] likeliest = draw.TopK > 0 ? falling[..(int)Math.Min(draw.TopK, falling.Length)] : falling;
        double total = likeliest.Sum(id => mass[id]);
        double reached = 0;
        List<int> kept = [];
        foreach (int id in likeliest)
        {
            if (reached >= draw.TopP * total)
            {
                break;
            }

            reached += mass[id];
            kept.Add(id);
            Margin = draw.TopP < 1 ? Math.Min(Margin, Math.Abs(reached - (draw.TopP * total)) / total) : Margin;
        }

        return kept;
    }
}
