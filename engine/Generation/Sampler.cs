using LlavaCuda.Tensors;

namespace LlavaCuda.Generation;

/// <summary>Chooses the next token from logits: the likeliest, or a draw by temperature, top-k and top-p. The same seed and logits give the same tokens.</summary>
internal sealed class Sampler
{
    private readonly GenerationOptions _options;
    private readonly CounterRandom _random;
    private readonly int[] _order;
    private readonly double[] _mass;

    /// <summary>Initializes a new instance of the <see cref="Sampler"/> class.</summary>
    /// <param name="options">Validated.</param>
    /// <param name="vocabulary">Number of logits.</param>
    internal Sampler(GenerationOptions options, int vocabulary)
    {
        _options = options;
        _random = new CounterRandom(options.Seed, "sampling");
        _order = new int[vocabulary];
        _mass = new double[vocabulary];
    }

    /// <summary>Chooses a token.</summary>
    /// <param name="logits">One a token; forbidden ones are negative infinity.</param>
    /// <param name="step">Number of tokens chosen before.</param>
    /// <returns>The id; of equal logits the lowest.</returns>
    internal int Next(ReadOnlySpan<float> logits, int step)
    {
        int best = Likeliest(logits);
        return _options.Temperature == 0 ? best : Draw(logits, logits[best], _random.Uniform((ulong)step));
    }

    private static int Likeliest(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
            {
                best = i;
            }
        }

        return best;
    }

    // Top-k before top-p, as Hugging Face chains them: the share is of what top-k left.
    private int Draw(ReadOnlySpan<float> logits, float highest, double uniform)
    {
        double total = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            _order[i] = i;
            _mass[i] = Math.Exp((logits[i] - highest) / _options.Temperature);
            total += _mass[i];
        }

        int kept = logits.Length;
        if (_options.TopK > 0 || _options.TopP < 1)
        {
            // Sorting by falling mass, then by id, so that ties do not depend on the sort.
            Array.Sort(_order, (a, b) => _mass[a] != _mass[b] ? _mass[b].CompareTo(_mass[a]) : a.CompareTo(b));
            kept = _options.TopK > 0 ? Math.Min(_options.TopK, kept) : kept;
            total = 0;
            for (int i = 0; i < kept; i++)
            {
                total += _mass[_order[i]];
            }

            double reached = 0;
            int nucleus = 0;
            while (nucleus < kept && reached < _options.TopP * total)
            {
                reached += _mass[_order[nucleus++]];
            }

            (kept, total) = (Math.Max(nucleus, 1), reached);
        }

        double target = uniform * total;
        for (int i = 0; i < kept; i++)
        {
            target -= _mass[_order[i]];
            if (target < 0)
            {
                return _order[i];
            }
        }

        return _order[kept - 1];
    }
}
