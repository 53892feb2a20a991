using LlavaCuda.Bench.Summary;
using LlavaCuda.Devices;
using LlavaCuda.Models;

namespace LlavaCuda.Bench.Gpu;

/// <summary>
/// <c>model FILE CONFIG</c>: steps of both stages at several micro-batches, prompt and decoding of a model with random weights. MFU counts matrix products, causal attention at
/// half and the vision tower, nothing recomputed, over the GPU's dense bf16 rate.
/// </summary>
internal static class LargeModelPart
{
    /// <summary>Measures.</summary>
    /// <param name="device">Where; bf16.</param>
    /// <param name="sizes">What is run.</param>
    /// <param name="config">The model's <c>config.json</c>.</param>
    /// <param name="file">Receives a <see cref="PartFigures"/>.</param>
    /// <returns>Whether nothing failed; what does not fit the memory is noted.</returns>
    internal static bool Run(CudaDevice device, ModelSizes sizes, string config, string file)
    {
        using LargeModel model = new(device, config, sizes.Kernels.NoiseElements);
        GuardedRuns guarded = new(device);
        List<GpuRow> rows = [];
        double? copy = null;
        Attempt("the copy", () =>
        {
            using KernelTimer timer = new(device);
            using GpuNoise noise = new(device, sizes.Kernels.NoiseElements);
            Yardsticks yardsticks = new(device, timer, noise, sizes.Kernels);
            yardsticks.WarmUp();
            copy = yardsticks.Copy().Value;
        });
        ModelCost cost = new(model.Config);
        double? peak = DensePeak.Of(device.Name);
        if (peak is null)
        {
            guarded.Note($"Without MFU: the dense bf16 rate of a {device.Name} is not known here.");
        }

        int sampleRows = model.Rows(sizes.Tokens);
        Attempt("prefill and decode", () =>
        {
            (double prefill, double token) = model.Generate(sizes.Tokens, sizes.Decoded);
            double work = cost.Prefill(sampleRows) / prefill / 1e12;
            rows.Add(new GpuRow($"prefill 1x{sampleRows}", prefill, sampleRows / prefill, "tokens/s", work / peak, "dense bf16 rate") { PeerKey = "prefill" });

            // What a token in the middle reads.
            double bytes = cost.DecodeBytes(sampleRows + (0.5 * sizes.Decoded), sizeof(ushort));
            rows.Add(new GpuRow("decode 1", token, 1 / token, "tokens/s", bytes / token / 1e9 / copy, "copy, by the bytes it must read") { PeerKey = "decode" });
        });
        foreach (bool language in (bool[])[false, true])
        {
            foreach (int samples in sizes.MicroBatches)
            {
                // Where one does not fit, more of them will not either.
                if (!Step(language, samples))
                {
                    break;
                }
            }
        }

        return !guarded.Failed;

        bool Step(bool language, int samples)
        {
            string name = $"{(language ? "stage-2" : "stage-1")} step {samples}x{sampleRows}";
            return Attempt(name, () =>
            {
                PackedBatch batch = model.Batch(samples, sizes.Tokens);
                double seconds = model.Step(language, batch, sizes.Steps);
                double work = cost.TrainingStep(samples, sampleRows, batch.LabelledRows, language) / seconds / 1e12;
                rows.Add(new GpuRow(name, seconds, batch.Rows / seconds, "tokens/s", work / peak, "dense bf16 rate (MFU)")
                {
                    PeerKey = samples != sizes.PeerBatch ? null : language ? "finetune" : "pretrain",
                });
            });
        }

        bool Attempt(string name, Action run)
        {
            bool done = guarded.Try(name, run);
            GpuJson.Write(file, new PartFigures(rows, guarded.Notes));
            if (done)
            {
                Console.WriteLine($"{name}: done");
            }

            return done;
        }
    }
}
