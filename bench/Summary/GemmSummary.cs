using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Ops.Cpu;

namespace LlavaCuda.Bench.Summary;

/// <summary>One square product, in GFLOP/s; nulls where OpenBLAS is not installed.</summary>
/// <param name="Form">NN, NT or TN.</param>
/// <param name="Size">M, N and K.</param>
/// <param name="Ours">Median of our rate.</param>
/// <param name="OpenBlas">Median of OpenBLAS's rate with as many threads.</param>
/// <param name="Ratio">Median of our rate over OpenBLAS's, each measured back to back.</param>
internal sealed record GemmRow(string Form, int Size, double Ours, double? OpenBlas, double? Ratio);

/// <summary>What the processor's matrix products reach on this machine, in some twenty seconds.</summary>
/// <param name="Threads">Threads of both.</param>
/// <param name="OpenBlas">OpenBLAS's description of itself, or that it was not found.</param>
/// <param name="ReadRate">Rate at which all threads together read memory, in GB/s: the bound of decoding.</param>
/// <param name="Rows">The products.</param>
internal sealed unsafe record GemmSummary(int Threads, string OpenBlas, double ReadRate, IReadOnlyList<GemmRow> Rows)
{
    private const int Rounds = 9;
    private const double FlopsPerRound = 5e9;
    private const long ReadBytes = 512L << 20;
    private const int ReadChunk = 1 << 18;

    // OpenBLAS's threads look for work for some 20 ms after a call and would take a core from whoever runs next.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    // Until the system has moved threads that it woke on one core to cores of their own: on a busy machine that takes longer than a round.
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(40);

    /// <summary>Measures.</summary>
    internal static GemmSummary Measure()
    {
        using CpuWorkers workers = new(Environment.ProcessorCount);
        if (Native.OpenBlas.IsAvailable)
        {
            Native.OpenBlas.SetThreads(workers.Threads);
        }

        List<GemmRow> rows = [];
        foreach (GemmForm form in Enum.GetValues<GemmForm>())
        {
            foreach (int size in (int[])[512, 1024, 2048])
            {
                rows.Add(MeasureProduct(workers, form, size));
            }
        }

        return new GemmSummary(workers.Threads, Native.OpenBlas.Description, MeasureReading(workers), rows);
    }

    private static GemmRow MeasureProduct(CpuWorkers workers, GemmForm form, int size)
    {
        long count = (long)size * size;
        float* memory = Allocate(4 * count);
        float* a = memory;
        float* b = memory + count;
        float* ours = memory + (2 * count);
        float* theirs = memory + (3 * count);
        double flops = 2.0 * size * size * size;
        int repetitions = Math.Max(1, (int)(FlopsPerRound / flops));
        double[] ourRates = new double[Rounds];
        double[] theirRates = new double[Rounds];
        double[] ratios = new double[Rounds];

        // The first round warms up.
        for (int round = -1; round < Rounds; round++)
        {
            double ourRate = flops * repetitions / Seconds(() => Gemm.Multiply(workers, form, ours, size, a, size, b, size, size, size, size), repetitions) / 1e9;
            double theirRate = 0;
            if (Native.OpenBlas.IsAvailable)
            {
                theirRate = flops * repetitions / Seconds(() => Native.OpenBlas.Multiply(form, theirs, a, b, size, size, size), repetitions) / 1e9;
            }

            if (round >= 0)
            {
                ourRates[round] = ourRate;
                theirRates[round] = theirRate;
                ratios[round] = ourRate / theirRate;
            }
        }

        NativeMemory.AlignedFree(memory);
        return Native.OpenBlas.IsAvailable
            ? new GemmRow(form.ToString(), size, Statistics.Median(ourRates), Statistics.Median(theirRates), Statistics.Median(ratios))
            : new GemmRow(form.ToString(), size, Statistics.Median(ourRates), null, null);
    }

    private static double MeasureReading(CpuWorkers workers)
    {
        const long Floats = ReadBytes / sizeof(float);
        float* memory = Allocate(Floats);
        double[] rates = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            rates[round] = ReadBytes / Seconds(() => workers.Run(Floats / ReadChunk, memory, &ReadOne), 1) / 1e9;
        }

        NativeMemory.AlignedFree(memory);
        return Statistics.Median(rates);
    }

    private static void ReadOne(void* context, long chunk)
    {
        if (float.IsNaN(TensorPrimitives.Sum(new ReadOnlySpan<float>((float*)context + (chunk * ReadChunk), ReadChunk))))
        {
            throw new InvalidOperationException("The memory that was filled with numbers holds others.");
        }
    }

    // Written, because pages never written to are all the same page.
    private static float* Allocate(long count)
    {
        float* memory = (float*)NativeMemory.AlignedAlloc((nuint)count * sizeof(float), 64);
        for (long i = 0; i < count; i++)
        {
            memory[i] = (i % 17) - 8;
        }

        return memory;
    }

    private static double Seconds(Action action, int repetitions)
    {
        Thread.Sleep(Pause);
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < WarmUp)
        {
            action();
        }

        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repetitions; i++)
        {
            action();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
