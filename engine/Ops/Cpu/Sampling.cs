using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>The choice of tokens.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void SamplingForward(Tensor ids, Tensor logits, Tensor draws, Tensor forbidden)
    {
        SamplingJob job = new()
        {
            Ids = ids.Ints,
            Logits = logits.Floats,
            Draws = (TokenDraw*)draws.Address,
            Forbidden = (uint*)forbidden.Address,
            Vocabulary = (int)logits.Shape[1],
        };
        Workers.Run(logits.Rows, &job, &SampleRow);
    }

    private static void SampleRow(void* context, long row)
    {
        SamplingJob* job = (SamplingJob*)context;
        TokenDraw draw = job->Draws[row];
        float* logits = job->Logits + (row * job->Vocabulary);
        int likeliest = Likeliest(job, logits);
        job->Ids[row] = likeliest < 0 || draw.Temperature == 0 ? likeliest : Draw(job, logits, logits[likeliest], draw);
    }

    // -1 where there is none: a logit is NaN or infinite.
    private static int Likeliest(SamplingJob* job, float* logits)
    {
        int best = -1;
        for (int i = 0; i < job->Vocabulary; i++)
        {
            if (job->Forbids(i))
            {
                continue;
            }

            if (!float.IsFinite(logits[i]))
            {
                return -1;
            }

            best = best < 0 || logits[i] > logits[best] ? i : best;
        }

        return best;
    }

    private static int Draw(SamplingJob* job, float* logits, float highest, TokenDraw draw)
    {
        int vocabulary = job->Vocabulary;
        double* mass = (double*)ThreadScratch.Floats((vocabulary * 2L) + vocabulary);
        double total = 0;
        for (int i = 0; i < vocabulary; i++)
        {
            mass[i] = job->Forbids(i) ? 0 : Math.Exp((logits[i] - highest) / draw.Temperature);
            total += mass[i];
        }

        double target = draw.Uniform * total;
        if (draw.TopK == 0 && draw.TopP == 1)
        {
            return IndexOf(target, new ReadOnlySpan<double>(mass, vocabulary));
        }

        Span<double> sorted = new(mass, vocabulary);
        Span<int> order = new(mass + vocabulary, vocabulary);
        SortFalling(sorted, order);
        sorted = sorted[..(draw.TopK == 0 ? vocabulary : (int)Math.Min(draw.TopK, vocabulary))];
        total = 0;
        foreach (double share in sorted)
        {
            total += share;
        }

        double reached = 0;
        int kept = 0;
        while (kept < sorted.Length && reached < draw.TopP * total)
        {
            reached += sorted[kept++];
        }

        return order[IndexOf(draw.Uniform * reached, sorted[..Math.Max(kept, 1)])];
    }

    // By falling mass, and equal ones by rising id, so that the result does not depend on the sort.
    private static void SortFalling(Span<double> mass, Span<int> ids)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = i;
            mass[i] = -mass[i];
        }

        mass.Sort(ids);
        int start = 0;
        for (int i = 1; i <= mass.Length; i++)
        {
            if (i == mass.Length || mass[i] != mass[start])
            {
                ids[start..i].Sort();
                start = i;
            }
        }

        foreach (ref double value in mass)
        {
            value = -value;
        }
    }

    private static int IndexOf(double target, ReadOnlySpan<double> mass)
    {
        for (int i = 0; i < mass.Length; i++)
        {
            target -= mass[i];
            if (target < 0)
            {
                return i;
            }
        }

        // Rounding left a rest: it belongs to the last token that has a share, which a forbidden one has not.
        return mass.LastIndexOfAnyExcept(0);
    }

    private struct SamplingJob
    {
        public int* Ids;
        public float* Logits;
        public TokenDraw* Draws;
        public uint* Forbidden;
        public int Vocabulary;

        public readonly bool Forbids(int id) => Forbidden is not null && ((Forbidden[id / 32] >> (id % 32)) & 1) != 0;
    }
}
