using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Tensors;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Training;

/// <summary>The device memory of a run, known to the byte before anything is reserved.</summary>
/// <param name="Weights">Bytes of all weights.</param>
/// <param name="Gradients">Bytes of the gradients of trained parts.</param>
/// <param name="Optimizer">Bytes of the moments, and of what exact masters have beyond bf16 weights.</param>
/// <param name="Activations">Bytes of the arena that the largest micro-batch needs.</param>
internal sealed record MemoryPlan(long Weights, long Gradients, long Optimizer, long Activations)
{
    private const double Gigabyte = 1e9;

    private long Total => Weights + Gradients + Optimizer + Activations;

    /// <summary>Plans a run by measuring the micro-batches that it will really have.</summary>
    internal static MemoryPlan Make(
        Device device, LlavaConfig config, ReadOnlySpan<ModelPart> trained, SampleStore samples, SampleOrder order, int perBatch, long steps,
        CancellationToken cancellation = default)
    {
        using PlanningDevice planning = new(device);
        using ParameterTable parameters = LlavaParameters.Build(config);
        parameters.Train(planning, trained);
        return new MemoryPlan(
            parameters.ArenaCount * device.ComputeType.Size(),
            parameters.TrainedRange.Count * DType.F32.Size(),
            Optimizers.Optimizer.StateBytes(parameters, device.ComputeType),
            MeasureActivations(device, config, trained, samples, Largest(samples, order, perBatch, steps, cancellation)));
    }

    /// <summary>Refuses a run that does not fit.</summary>
    internal void Require(Device device)
    {
        if (Total > device.FreeBytes)
        {
            throw new InsufficientMemoryException(
                $"The run needs {Total / Gigabyte:F2} GB on {device.Description} ({Describe()}), but about {device.FreeBytes / Gigabyte:F2} GB are free; a smaller --batch or --max-length needs less.");
        }
    }

    /// <summary>Writes the parts.</summary>
    internal string Describe() =>
        $"weights {Weights / Gigabyte:F3} GB, gradients {Gradients / Gigabyte:F3}, optimizer {Optimizer / Gigabyte:F3}, activations {Activations / Gigabyte:F3}";

    private static long MeasureActivations(
        Device device, LlavaConfig config, ReadOnlySpan<ModelPart> trained, SampleStore samples, List<Candidate> candidates)
    {
        int perBatch = candidates.Max(static candidate => candidate.Samples.Length);
        using ActivationPlan plan = new(device, config, trained);
        PackedBatch batch = new(config);
        int[] scratch = [];
        long bytes = 0, rows = 0;
        foreach (Candidate candidate in candidates)
        {
            batch.Clear();
            foreach (int sample in candidate.Samples)
            {
                samples.AddTo(batch, sample, ref scratch);
                for (int i = 0; i < samples[sample].Images.Count; i++)
                {
                    batch.AddImage();
                }
            }

            bytes = Math.Max(bytes, plan.Training(batch));
            rows = Math.Max(rows, batch.Rows);
        }

        // Few bytes depend on other things than rows, pictures and labels: bounds of sequences and the lists of distinct tokens, all of integers and shorter than the rows.
        const int Lists = 8, Slack = 8192;
        return bytes + (Lists * sizeof(int) * (rows + perBatch)) + Slack;
    }

    // Memory grows with rows, with pictures and with labelled rows; so only micro-batches that no other one exceeds in all three need measuring.
    private static List<Candidate> Largest(
        SampleStore samples, SampleOrder order, int perBatch, long steps, CancellationToken cancellation)
    {
        List<Candidate> largest = [];
        for (long step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<int> all = order.Step(step);
            for (int start = 0; start < all.Length; start += perBatch)
            {
                ReadOnlySpan<int> some = all.Slice(start, Math.Min(perBatch, all.Length - start));
                int rows = 0, images = 0, labelled = 0;
                foreach (int sample in some)
                {
                    TokenizedSample s = samples[sample];
                    rows += s.Rows;
                    images += s.Images.Count;
                    labelled += s.Supervised;
                }

                if (!largest.Exists(c => c.Rows >= rows && c.Images >= images && c.Labelled >= labelled))
                {
                    largest.RemoveAll(c => c.Rows <= rows && c.Images <= images && c.Labelled <= labelled);
                    largest.Add(new Candidate(rows, images, labelled, some.ToArray()));
                }
            }
        }

        return largest;
    }

    private readonly record struct Candidate(int Rows, int Images, int Labelled, int[] Samples);
}
